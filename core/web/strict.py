"""JSON as it was sent, held against the types that the API's document names.

DRF takes 0 for the text "0", "yes" for true and "7" for a number. A program that sends them holds
something else in its hands than it thinks, so it is told.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

#: By kind of field: the types that its JSON may have, and what to say of all others. The first that
#: fits counts. Dates and choices are read by DRF from text alone.
TYPES: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], tuple[type, ...], str], ...] = (
    (serializers.BooleanField, (bool,), "Send true or false."),
    (serializers.CharField, (str,), "This is text: send it in quotes."),
    (serializers.UUIDField, (str,), "An id is text: send it in quotes."),
    (serializers.DecimalField, (str,), 'Money and quantities are text: send "12.50", in quotes.'),
    (serializers.IntegerField, (int, float), "Send a whole number, without quotes."),
    (serializers.FloatField, (int, float), "Send a number, without quotes."),
)


def require_types(kind: serializers.BaseSerializer[Any], sent: Any) -> None:
    """Raise DRF's ValidationError, which names each field, where JSON of another type was sent.

    What is missing, null or no object at all is left to the serializer, which says it better.
    """
    if wrong := _wrong(kind, sent):
        raise ValidationError(wrong)


def _wrong(field: Any, sent: Any) -> Any:
    """Give the errors of a field and of what lies in it, in DRF's form; None where all fits."""
    if sent is None:
        return None
    if isinstance(field, serializers.ListSerializer | serializers.ListField):
        return _among(enumerate(sent), lambda _: field.child) if isinstance(sent, list) else None
    if not isinstance(sent, Mapping):
        return _mistyped(field, sent)
    if isinstance(field, serializers.DictField):
        return _among(sent.items(), lambda _: field.child)
    if isinstance(field, serializers.Serializer):
        return _among(sent.items(), field.fields.get)
    return _mistyped(field, sent)


def _among(parts: Any, field_of: Any) -> Any:
    found = {name: wrong for name, part in parts if (wrong := _wrong(field_of(name), part))}
    return found or None


def _mistyped(field: Any, sent: Any) -> list[str] | None:
    for kind, types, told in TYPES:
        if isinstance(field, kind):
            fits = isinstance(sent, types) and (bool in types or not isinstance(sent, bool))
            return None if fits else [told]
    return None
