"""Parameters of the API's lists: those of the pages' filters, read by the same form.

A page shows what is wrong beside its field and filters nothing; the API refuses it, and says what
can be asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from rest_framework import serializers
from rest_framework.request import Request

from core.errors import Invalid
from core.web.api import checked_query
from core.web.filters import Filters, Period

Form = TypeVar("Form", bound=Filters)


class OneOf(serializers.ChoiceField):
    """One of some words; whatever else is given, the error names them."""

    def __init__(self, choices: Any, **said: Any) -> None:
        super().__init__(choices, **said)
        self.error_messages["invalid_choice"] = f"Choose one of: {', '.join(self.choices)}."


class Day(serializers.DateField):
    """A day of the calendar."""

    default_error_messages: ClassVar = {"invalid": "Give a day such as 2026-03-31."}


@dataclass(frozen=True)
class ListQuery(Generic[Form]):
    """The filters of a page as parameters. `query`: their serializer, for the API's document."""

    form: type[Form]
    query: type[serializers.Serializer[Any]]

    def read(self, request: Request) -> Form:
        """Read the parameters. Raises DRF's ValidationError, and as `form_from`."""
        return form_from(self.form, checked_query(self.query, request), request.user)


def form_from(kind: type[Form], given: Mapping[str, Any], person: Any) -> Form:
    """Fill a page's form, in the open scope where it looks for its choices there.

    Days are those of the person's time zone. Raises Invalid for what there is not here, and for
    what the form refuses.
    """
    form = kind({name: str(value) for name, value in given.items()})
    if isinstance(form, Period):
        form.zone = _zone_of(person)
    for name, errors in form.errors.items():
        chosen = isinstance(form.fields.get(name), forms.ChoiceField)
        told = f"There is no such {name} here." if chosen else str(errors[0])
        raise Invalid(told, field=name)
    return form


def list_query(
    form: type[Form], /, **fields: serializers.Field[Any, Any, Any, Any]
) -> ListQuery[Form]:
    """Give the parameters of a page's form; `fields` says it better where the form can't tell."""
    own: Mapping[str, forms.Field] = form.base_fields
    names = dict.fromkeys([*(form.field_order or ()), *own, *fields])
    found = {name: fields.get(name) or _parameter(name, own[name]) for name in names}
    made = type(f"{form.__name__}Query", (serializers.Serializer,), found)
    return ListQuery(form, made)


def _parameter(name: str, field: forms.Field) -> serializers.Field[Any, Any, Any, Any]:
    if isinstance(field, forms.DateField):
        told = "The first day, of your own time zone." if name == "since" else "The last day."
        return Day(required=False, help_text=told)
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        words = [str(key) for key, _ in choices if key]
        return OneOf(words, required=False)
    raise TypeError(f"Say what the parameter {name} is.")


def _zone_of(person: Any) -> ZoneInfo:
    try:
        return ZoneInfo(person.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
