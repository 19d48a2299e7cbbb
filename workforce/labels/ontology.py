"""What labels may say: the part of an ontology document that tracks are held against.

The document's own schema is checked where it is published (tenants.projects); here it is read as
`{"labels": [{"key", "name", "kinds", "attributes": [{"key", "type", "values", "mutable"}]}],
"events": [{"key", "name", "participants": [label keys], "zones": [zone kinds], "attributes"}]}`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from core.errors import Invalid

Scalar = str | bool | int | float
MAX_TEXT = 4096
# Whole numbers up to here are the same as a 64-bit float.
MAX_INTEGER = 2**53


@dataclass(frozen=True)
class Attribute:
    """One typed attribute; a mutable one may change along the track."""

    key: str
    name: str
    type: str
    values: tuple[str, ...] = ()
    mutable: bool = False
    default: Scalar | None = None

    def check(self, value: object, *, field: str) -> None:
        """Raises Invalid when the value is not of the attribute's type or list."""
        if not _OF_TYPE[self.type](value, self.values):
            wanted = _WANTED[self.type].format(values=", ".join(self.values))
            raise Invalid(f"Attribute {self.key!r} is {value!r}; give {wanted}.", field=field)

    def read(self, text: str) -> Scalar:
        """A value from the text of a file. Raises Invalid."""
        if self.type == "checkbox" and text.lower() in {"true", "false"}:
            return text.lower() == "true"
        if self.type == "number":
            return _number(text, key=self.key)
        self.check(text, field=self.key)
        return text


@dataclass(frozen=True)
class Label:
    """One entity of the ontology and the shapes it may be drawn with."""

    key: str
    name: str
    kinds: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True)
class EventKind:
    """One kind of event: labels of those who may take part, kinds of zones that it is told of.

    An empty list of either means any.
    """

    key: str
    name: str
    participants: tuple[str, ...]
    zones: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True)
class Ontology:
    """Labels and kinds of events by key, in the document's order."""

    labels: Mapping[str, Label]
    events: Mapping[str, EventKind] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Ontology:
        """Read a published document. Raises Invalid when it has no list of labels."""
        labels = document.get("labels")
        if not isinstance(labels, list):
            raise Invalid("The ontology has no list of labels; publish it again.", field="labels")
        events = document.get("events") or []
        return cls(
            {entry["key"]: _label(entry) for entry in labels},
            {entry["key"]: _event(entry) for entry in events},
        )

    def to_document(self) -> dict[str, Any]:
        """Say the same as a document, for files that carry their ontology with them."""
        return {
            "labels": [
                {
                    "key": label.key,
                    "name": label.name,
                    "kinds": list(label.kinds),
                    "attributes": _attribute_documents(label.attributes),
                }
                for label in self.labels.values()
            ],
            "events": [
                {
                    "key": event.key,
                    "name": event.name,
                    "participants": list(event.participants),
                    "zones": list(event.zones),
                    "attributes": _attribute_documents(event.attributes),
                }
                for event in self.events.values()
            ],
        }

    def label(self, key: object, *, field: str) -> Label:
        """The label of that key. Raises Invalid naming the keys there are."""
        found = self.labels.get(key) if isinstance(key, str) else None
        if found is None:
            known = ", ".join(self.labels)
            raise Invalid(f"The ontology has no label {key!r}; use one of: {known}.", field=field)
        return found

    def event(self, key: object, *, field: str) -> EventKind:
        """The kind of event of that key. Raises Invalid naming the keys there are."""
        found = self.events.get(key) if isinstance(key, str) else None
        if found is None:
            known = ", ".join(self.events) or "none"
            raise Invalid(f"The ontology has no event {key!r}; use one of: {known}.", field=field)
        return found


def _attribute_documents(attributes: Mapping[str, Attribute]) -> list[dict[str, Any]]:
    return [
        {
            "key": item.key,
            "name": item.name,
            "type": item.type,
            "values": list(item.values),
            "mutable": item.mutable,
            **({} if item.default is None else {"default": item.default}),
        }
        for item in attributes.values()
    ]


def _label(entry: Mapping[str, Any]) -> Label:
    attributes = [_attribute(item) for item in entry.get("attributes", [])]
    return Label(
        key=entry["key"],
        name=entry.get("name", entry["key"]),
        kinds=tuple(entry.get("kinds", ["box"])),
        attributes={attribute.key: attribute for attribute in attributes},
    )


def _event(entry: Mapping[str, Any]) -> EventKind:
    attributes = [_attribute(item) for item in entry.get("attributes", [])]
    return EventKind(
        key=entry["key"],
        name=entry.get("name", entry["key"]),
        participants=tuple(entry.get("participants", [])),
        zones=tuple(entry.get("zones", [])),
        attributes={attribute.key: attribute for attribute in attributes},
    )


def _attribute(item: Mapping[str, Any]) -> Attribute:
    if item.get("type") not in _OF_TYPE:
        raise Invalid(
            f"Attribute {item.get('key')!r} has the type {item.get('type')!r}; "
            f"use one of: {', '.join(_OF_TYPE)}.",
            field="attributes",
        )
    return Attribute(
        key=item["key"],
        name=item.get("name", item["key"]),
        type=item["type"],
        values=tuple(str(value) for value in item.get("values", [])),
        mutable=bool(item.get("mutable", False)),
        default=item.get("default"),
    )


def _number(text: str, *, key: str) -> int | float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not is_number(value):
        raise Invalid(f"Attribute {key!r} is {text!r}; give a finite number.", field=key)
    return int(value) if value.is_integer() else value


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a JSON value is a number that a 64-bit float can hold; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) <= MAX_INTEGER


def _is_text(value: object) -> bool:
    """Text that the database can hold: JSON may also say NUL and halves of surrogate pairs."""
    return (
        isinstance(value, str)
        and len(value) <= MAX_TEXT
        and not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value)
    )


_OF_TYPE: dict[str, Callable[[object, tuple[str, ...]], bool]] = {
    "select": lambda value, values: isinstance(value, str) and value in values,
    "checkbox": lambda value, _values: isinstance(value, bool),
    "number": lambda value, _values: is_number(value),
    "text": lambda value, _values: _is_text(value),
}
_WANTED = {
    "select": "one of: {values}",
    "checkbox": "true or false",
    "number": "a finite number",
    "text": f"a text of at most {MAX_TEXT} characters, without NUL",
}
