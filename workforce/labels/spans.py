"""Event spans: something that happens from one frame to another, to whom and where.

On the wire a span is `{"id": uuid, "event": key, "start": frame, "end": frame, "participants":
[track ids], "zones": [zone ids], "attributes": {...}}`: frames 0-based of the whole clip, both ends
belong to it; participants are tracks of the same work, zones those of the clip's camera.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.errors import Invalid
from workforce.labels.ontology import EventKind, Ontology, Scalar
from workforce.labels.tracks import Picture

MAX_PARTICIPANTS = 200
MAX_SPANS_PER_TASK = 2_000


@dataclass(frozen=True, slots=True)
class Span:
    """One event in time; frames start to end, both included."""

    id: UUID
    event: str
    start: int
    end: int
    participants: tuple[UUID, ...] = ()
    zones: tuple[UUID, ...] = ()
    attributes: Mapping[str, Scalar] | None = None

    def to_wire(self) -> dict[str, Any]:
        """The JSON form, keys in a fixed order."""
        return {
            "id": str(self.id),
            "event": self.event,
            "start": self.start,
            "end": self.end,
            "participants": [str(track) for track in self.participants],
            "zones": [str(zone) for zone in self.zones],
            "attributes": dict(sorted((self.attributes or {}).items())),
        }


@dataclass(frozen=True, slots=True)
class Stage:
    """What spans may refer to.

    tracks: the label of each track of the work, by id; zones: the kind of each zone of the camera.
    """

    ontology: Ontology
    picture: Picture
    tracks: Mapping[UUID, str]
    zones: Mapping[UUID, str]


def span_from_wire(data: Mapping[str, Any]) -> Span:
    """A span that was checked when it was stored, without checking it again."""
    return Span(
        id=UUID(data["id"]),
        event=data["event"],
        start=data["start"],
        end=data["end"],
        participants=tuple(UUID(track) for track in data["participants"]),
        zones=tuple(UUID(zone) for zone in data["zones"]),
        attributes=data["attributes"],
    )


def read_spans(data: object, *, stage: Stage) -> list[Span]:
    """Check a list of spans; ids must differ. Raises Invalid with `events[i].` before the path."""
    if not isinstance(data, list):
        raise Invalid("Send the events as a JSON array.", field="events")
    spans: list[Span] = []
    seen: set[UUID] = set()
    for position, item in enumerate(data):
        try:
            span = read_span(item, stage=stage)
        except Invalid as error:
            raise Invalid(error.message, field=f"events[{position}].{error.field}") from error
        if span.id in seen:
            raise Invalid(
                f"Event {span.id} is there twice; send each once.", field=f"events[{position}].id"
            )
        seen.add(span.id)
        spans.append(span)
    return spans


def read_span(data: object, *, stage: Stage) -> Span:
    """Check one span of the wire form. Raises Invalid; its `field` is the path of what is wrong."""
    if not isinstance(data, Mapping):
        raise Invalid("An event is a JSON object with id, event, start and end.", field="event")
    kind = stage.ontology.event(data.get("event"), field="event")
    start, end = _read_frames(data, stage.picture)
    return Span(
        id=_read_id(data.get("id"), field="id"),
        event=kind.key,
        start=start,
        end=end,
        participants=_read_participants(data.get("participants", []), kind=kind, stage=stage),
        zones=_read_zones(data.get("zones", []), kind=kind, stage=stage),
        attributes=_read_attributes(data.get("attributes", {}), kind=kind),
    )


def _read_id(value: object, *, field: str) -> UUID:
    try:
        if isinstance(value, str):
            return UUID(value)
    except ValueError:
        pass
    raise Invalid(f"{value!r} is no id; give a UUID as text.", field=field)


def _read_frames(data: Mapping[str, Any], picture: Picture) -> tuple[int, int]:
    frames = []
    for name in ("start", "end"):
        value = data.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Invalid(f"Frame {value!r} is not a whole number.", field=name)
        if not picture.start <= value <= picture.end:
            raise Invalid(
                f"Frame {value} is outside this work; use frames {picture.start} to {picture.end}.",
                field=name,
            )
        frames.append(value)
    if frames[1] < frames[0]:
        raise Invalid(
            f"The event ends at {frames[1]}, before it starts at {frames[0]}.", field="end"
        )
    return frames[0], frames[1]


def _read_participants(data: object, *, kind: EventKind, stage: Stage) -> tuple[UUID, ...]:
    ids = _read_ids(data, field="participants")
    for position, track in enumerate(ids):
        field = f"participants[{position}]"
        label = stage.tracks.get(track)
        if label is None:
            raise Invalid(f"There is no track {track} in this work; save it first.", field=field)
        if kind.participants and label not in kind.participants:
            raise Invalid(
                f"A {label} takes no part in {kind.key}; it is for: "
                f"{', '.join(kind.participants)}.",
                field=field,
            )
    return ids


def _read_zones(data: object, *, kind: EventKind, stage: Stage) -> tuple[UUID, ...]:
    ids = _read_ids(data, field="zones")
    for position, zone in enumerate(ids):
        field = f"zones[{position}]"
        found = stage.zones.get(zone)
        if found is None:
            raise Invalid(f"This camera has no zone {zone}.", field=field)
        if kind.zones and found not in kind.zones:
            raise Invalid(
                f"{kind.key} is not told of {found} zones; it is of: {', '.join(kind.zones)}.",
                field=field,
            )
    return ids


def _read_ids(data: object, *, field: str) -> tuple[UUID, ...]:
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise Invalid("Give a list of ids.", field=field)
    if len(data) > MAX_PARTICIPANTS:
        raise Invalid(f"Give at most {MAX_PARTICIPANTS} ids.", field=field)
    ids = [_read_id(value, field=f"{field}[{place}]") for place, value in enumerate(data)]
    return tuple(dict.fromkeys(ids))


def _read_attributes(data: object, *, kind: EventKind) -> dict[str, Scalar]:
    if not isinstance(data, Mapping):
        raise Invalid("Attributes are a JSON object of key and value.", field="attributes")
    for key, value in data.items():
        attribute = kind.attributes.get(key)
        if attribute is None:
            known = ", ".join(kind.attributes) or "none"
            raise Invalid(
                f"Event {kind.key!r} has no attribute {key!r}; it has: {known}.",
                field="attributes",
            )
        attribute.check(value, field=f"attributes.{key}")
    return dict(data)
