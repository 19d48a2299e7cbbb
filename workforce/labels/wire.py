"""The wire form of labels as the API's document tells it; `tracks` and `spans` check it."""

from typing import Any, Final, TypedDict

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.web.answers import Id, Schema


class TrackWire(TypedDict):
    """A track: `attributes` by key, a value or [[frame, value], ...] where it changes.

    `keyframes`: [frame, flags, [numbers]], frames of the whole clip from 0, numbers in pixels of
    the decoded source; a box is x1 y1 x2 y2, a polygon x1 y1 x2 y2 ...
    """

    id: Id
    label: str
    kind: str
    attributes: dict[str, Any]
    keyframes: list[list[Any]]


class EventWire(TypedDict):
    """An event from frame `start` to frame `end`, with the tracks and zones that take part."""

    id: Id
    event: str
    start: int
    end: int
    participants: list[Id]
    zones: list[Id]
    attributes: dict[str, Any]


UUID: Final[Schema] = {"type": "string", "format": "uuid"}
TRACKS: Final[Schema] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["id", "label", "kind", "keyframes"],
        "properties": {
            "id": UUID,
            "label": {"type": "string", "description": "Key of a label of the ontology."},
            "kind": {"enum": ["box", "polygon"]},
            "attributes": {"type": "object"},
            "keyframes": {
                "type": "array",
                "items": {"type": "array", "minItems": 3, "maxItems": 3},
                "description": (
                    "[frame, flags, [numbers]]. Flags: 1 outside the picture, 2 occluded, 4 placed "
                    "by a detector."
                ),
            },
        },
    },
    "example": [
        {
            "id": "0b5e9c1a-6f4e-4a52-8d37-7c7a4d5b9e01",
            "label": "person",
            "kind": "box",
            "attributes": {},
            "keyframes": [[0, 0, [410, 220, 470, 380]], [40, 0, [520, 224, 584, 390]]],
        }
    ],
}
EVENTS: Final[Schema] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["id", "event", "start", "end"],
        "properties": {
            "id": UUID,
            "event": {"type": "string", "description": "Key of an event of the ontology."},
            "start": {"type": "integer", "minimum": 0},
            "end": {"type": "integer", "minimum": 0},
            "participants": {"type": "array", "items": UUID},
            "zones": {"type": "array", "items": UUID},
            "attributes": {"type": "object"},
        },
    },
    "example": [
        {
            "id": "6d0f6f0e-33a1-4a0e-9a6b-52f1b7f3c802",
            "event": "loitering",
            "start": 20,
            "end": 80,
            "participants": ["0b5e9c1a-6f4e-4a52-8d37-7c7a4d5b9e01"],
            "zones": [],
            "attributes": {},
        }
    ],
}


class AsSent(serializers.JSONField):
    """What the parser read, as it is: it came as JSON, so it need not be tried as such."""

    def to_internal_value(self, data: Any) -> Any:
        return data


@extend_schema_field(TRACKS)
class TracksField(AsSent):
    """Tracks as they were sent: this room checks them, and tells the place of what is wrong."""


@extend_schema_field(EVENTS)
class EventsField(serializers.ListField):
    """Events as they were sent."""
