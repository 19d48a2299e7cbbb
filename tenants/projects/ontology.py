"""The ontology document: its JSON schema, its checks, and the ready surveillance ontology."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from core.errors import Invalid

KEY = {"type": "string", "pattern": r"^[a-z][a-z0-9_]{0,62}\Z"}
#: PostgreSQL's JSON holds no zero byte.
TEXT = {"type": "string", "pattern": r"^[^\x00]*\Z"}
NAME = {**TEXT, "minLength": 1, "maxLength": 80}

ATTRIBUTE = {
    "type": "object",
    "required": ["key", "name", "type"],
    "additionalProperties": False,
    "properties": {
        "key": KEY,
        "name": NAME,
        "type": {"enum": ["select", "checkbox", "number", "text"]},
        "values": {"type": "array", "items": TEXT, "uniqueItems": True},
        "default": {**TEXT, "type": ["string", "boolean", "number", "null"]},
        #: True: may change from frame to frame; false: one value for the track's whole life.
        "mutable": {"type": "boolean"},
    },
    "if": {"properties": {"type": {"const": "select"}}},
    "then": {"required": ["values"], "properties": {"values": {"minItems": 1}}},
}

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["labels"],
    "additionalProperties": False,
    "properties": {
        "labels": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["key", "name", "kinds"],
                "additionalProperties": False,
                "properties": {
                    "key": KEY,
                    "name": NAME,
                    "kinds": {
                        "type": "array",
                        "minItems": 1,
                        "uniqueItems": True,
                        "items": {"enum": ["box", "polygon"]},
                    },
                    "color": {"enum": [f"k{n}" for n in range(1, 9)]},
                    "attributes": {"type": "array", "items": ATTRIBUTE},
                },
            },
        },
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["key", "name"],
                "additionalProperties": False,
                "properties": {
                    "key": KEY,
                    "name": NAME,
                    "participants": {"type": "array", "items": KEY},
                    "zones": {
                        "type": "array",
                        "items": {"enum": ["entrance", "perimeter", "circulation", "restricted"]},
                    },
                    "attributes": {"type": "array", "items": ATTRIBUTE},
                },
            },
        },
    },
}


def check_ontology(document: Any) -> None:
    """Raise Invalid, naming the place, unless `document` is a sound ontology."""
    error = next(iter(jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)), None)
    if error is not None:
        place = "/".join(str(part) for part in error.absolute_path) or "the document"
        raise Invalid(f"Ontology, at {place}: {error.message}", field="ontology")
    labels = [label["key"] for label in document["labels"]]
    _unique(labels, "label")
    for entry in [*document["labels"], *document.get("events", [])]:
        _unique([a["key"] for a in entry.get("attributes", [])], f"attribute of {entry['key']}")
        for attribute in entry.get("attributes", []):
            default = attribute.get("default")
            if attribute["type"] == "select" and default not in (None, *attribute["values"]):
                raise Invalid(
                    f"Ontology: the default of {attribute['key']} is none of its values.",
                    field="ontology",
                )
    events = document.get("events", [])
    _unique([event["key"] for event in events], "event")
    for event in events:
        for participant in event.get("participants", []):
            if participant not in labels:
                raise Invalid(
                    f"Ontology: event {event['key']} names {participant}, which is no label.",
                    field="ontology",
                )


def _unique(keys: list[str], what: str) -> None:
    for key in keys:
        if keys.count(key) > 1:
            raise Invalid(f"Ontology: two of {what} are called {key}.", field="ontology")


@cache
def _surveillance() -> str:
    return (Path(__file__).parent / "surveillance.json").read_text()


def surveillance_ontology() -> dict[str, Any]:
    """Give the ready ontology: people, vehicles, objects, and eight kinds of event."""
    document: dict[str, Any] = json.loads(_surveillance())
    return document
