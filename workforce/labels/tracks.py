"""The label model: a track is one object through the clip, kept as its keyframes only.

On the wire (API, exports, label sets) a track is
`{"id": uuid, "label": key, "kind": "box", "attributes": {...}, "keyframes": [[frame, flags,
[x1, y1, x2, y2]], ...]}`: frames 0-based of the whole clip, strictly increasing; geometry in
pixels of the decoded source. A mutable attribute may be a list of changes `[[frame, value], ...]`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Any, TypeVar
from uuid import UUID

from core.errors import Invalid
from workforce.labels.ontology import (
    MAX_INTEGER,
    Attribute,
    Label,
    Ontology,
    Scalar,
    is_number,
)
from workforce.labels.outlines import crossing

T = TypeVar("T")

MAX_KEYFRAMES = 100_000
# Each side is held against each other one: twice the points are four times the work.
MAX_POLYGON_POINTS = 1_000
# Objects cut off by the picture's edge are drawn whole, so a shape may reach beyond it this far,
# in picture sizes; a shape that does not touch the picture at all is a mistake.
REACH = 1.0


class Flag(IntFlag):
    """What a keyframe says beside its geometry."""

    OUTSIDE = 1
    OCCLUDED = 2
    AUTOMATIC = 4  # placed by a detector, not drawn by a person


#: Flags by their number: making one takes longer than reading the rest of a keyframe.
_FLAGS = [Flag(number) for number in range(8)]
_FLAG_SETS = len(_FLAGS)
ALL_FLAGS = Flag.OUTSIDE | Flag.OCCLUDED | Flag.AUTOMATIC
Changes = tuple[tuple[int, Scalar], ...]


@dataclass(frozen=True, slots=True)
class Keyframe:
    """The shape at one frame: box x1 y1 x2 y2 [rotation in degrees], or polygon x1 y1 x2 y2 ..."""

    frame: int
    flags: Flag
    geometry: tuple[float, ...]

    @property
    def outside(self) -> bool:
        return bool(self.flags & Flag.OUTSIDE)

    @property
    def occluded(self) -> bool:
        return bool(self.flags & Flag.OCCLUDED)


@dataclass(frozen=True, slots=True)
class Track:
    """One object through the clip; keyframes in frame order, at least one."""

    id: UUID
    label: str
    kind: str
    attributes: Mapping[str, Scalar | Changes]
    keyframes: tuple[Keyframe, ...]

    def attributes_at(self, frame: int) -> dict[str, Scalar]:
        """Values in force at a frame; a mutable one holds from its last change."""
        return {key: _value_at(value, frame) for key, value in self.attributes.items()}

    def changes(self) -> list[int]:
        """Frames at which an attribute's value changes, in order."""
        lists = (value for value in self.attributes.values() if isinstance(value, tuple))
        return sorted({frame for value in lists for frame, _ in value})

    def to_wire(self) -> dict[str, Any]:
        """The JSON form, keys in a fixed order."""
        return {
            "id": str(self.id),
            "label": self.label,
            "kind": self.kind,
            "attributes": {
                key: [list(change) for change in value] if isinstance(value, tuple) else value
                for key, value in sorted(self.attributes.items())
            },
            "keyframes": [
                [keyframe.frame, int(keyframe.flags), list(keyframe.geometry)]
                for keyframe in self.keyframes
            ],
        }


@dataclass(frozen=True, slots=True)
class Picture:
    """Where shapes may lie: the clip's size in pixels and the frames of the work (end included)."""

    width: int
    height: int
    start: int
    end: int


def read_track(data: object, *, ontology: Ontology, picture: Picture) -> Track:
    """Check one track of the wire form against the ontology and the picture.

    Raises Invalid; its `field` is the path of what is wrong, such as `keyframes[3]`.
    """
    sent, label, kind = _read_head(data, ontology)
    return Track(
        id=_read_id(sent.get("id")),
        label=label.key,
        kind=kind,
        attributes=_read_attributes(sent.get("attributes", {}), label=label, picture=picture),
        keyframes=_read_keyframes(sent.get("keyframes"), kind=kind, picture=picture),
    )


def _read_head(data: object, ontology: Ontology) -> tuple[Mapping[str, Any], Label, str]:
    if not isinstance(data, Mapping):
        raise Invalid("A track is a JSON object with id, label, kind and keyframes.", field="track")
    label = ontology.label(data.get("label"), field="label")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in _GEOMETRY or kind not in label.kinds:
        raise Invalid(
            f"Label {label.key!r} cannot be drawn as {kind!r}; "
            f"use one of: {', '.join(label.kinds)}.",
            field="kind",
        )
    return data, label, kind


def read_tracks(data: object, *, ontology: Ontology, picture: Picture) -> list[Track]:
    """Check a list of tracks; ids must differ. Raises Invalid with `tracks[i].` before the path."""
    tracks = _each(data, lambda item: read_track(item, ontology=ontology, picture=picture))
    _refuse_doubles(track.id for track in tracks)
    return tracks


def check_tracks(
    data: object, *, ontology: Ontology, picture: Picture
) -> dict[UUID, dict[str, Any]]:
    """Check as `read_tracks` does, with the same errors; give the wire form of each by its id."""
    tracks = _each(data, lambda item: _checked(item, ontology, picture))
    _refuse_doubles(found for found, _ in tracks)
    return dict(tracks)


def _checked(data: object, ontology: Ontology, picture: Picture) -> tuple[UUID, dict[str, Any]]:
    sent, label, kind = _read_head(data, ontology)
    boxes = _plain_boxes(sent.get("keyframes"), picture) if kind == "box" else None
    if boxes is None or sent.get("attributes"):
        track = read_track(data, ontology=ontology, picture=picture)
        return track.id, track.to_wire()
    found = _read_id(sent.get("id"))
    head = {"id": str(found), "label": label.key, "kind": kind}
    attributes = _read_attributes(sent.get("attributes", {}), label=label, picture=picture)
    return found, {**head, "attributes": attributes, "keyframes": boxes}


def _each(data: object, read: Callable[[object], T]) -> list[T]:
    """Read each track of a list, with its place before the path of what is wrong."""
    if not isinstance(data, list):
        raise Invalid("Send the tracks as a JSON array.", field="tracks")
    found = []
    for position, item in enumerate(data):
        try:
            found.append(read(item))
        except Invalid as error:
            raise Invalid(error.message, field=f"tracks[{position}].{error.field}") from error
    return found


def _refuse_doubles(ids: Iterable[UUID]) -> None:
    seen: set[UUID] = set()
    for position, item in enumerate(ids):
        if item in seen:
            raise Invalid(
                f"Track {item} is there twice; send each track once.",
                field=f"tracks[{position}].id",
            )
        seen.add(item)


def track_from_wire(data: Mapping[str, Any]) -> Track:
    """A track that was checked when it was stored, without checking it again."""
    return Track(
        id=UUID(data["id"]),
        label=data["label"],
        kind=data["kind"],
        attributes={
            key: tuple((int(frame), _kept(change)) for frame, change in value)
            if isinstance(value, list)
            else _kept(value)
            for key, value in data["attributes"].items()
        },
        keyframes=tuple(
            Keyframe(frame, _FLAGS[flags], tuple(map(float, geometry)))
            for frame, flags, geometry in data["keyframes"]
        ),
    )


def _kept(value: Scalar) -> Scalar:
    """Give a value that the database wrote out in digits as the number that was stored."""
    large = type(value) is int and abs(value) > MAX_INTEGER
    return float(value) if large else value


def _value_at(value: Scalar | Changes, frame: int) -> Scalar:
    if not isinstance(value, tuple):
        return value
    position = bisect_right([start for start, _ in value], frame)
    return value[max(0, position - 1)][1]


def check_frame(frame: int, *, picture: Picture, field: str) -> None:
    """Raises Invalid for a frame that is not of this work."""
    _check_frame(frame, None, picture=picture, field=field)


def check_shape(geometry: tuple[float, ...], *, kind: str, picture: Picture, field: str) -> None:
    """Raises Invalid for a shape that is empty, inverted or not in the picture."""
    _check_within(_GEOMETRY[kind](geometry, field), kind=kind, picture=picture, field=field)


def _read_id(value: object) -> UUID:
    try:
        if isinstance(value, str):
            return UUID(value)
    except ValueError:
        pass
    raise Invalid(f"The track's id is {value!r}; give a UUID as text.", field="id")


def _is_frame(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_frame(value: object, before: int | None, *, picture: Picture, field: str) -> int:
    if not isinstance(value, int) or not _is_frame(value):
        raise Invalid(f"Frame {value!r} is not a whole number.", field=field)
    if not picture.start <= value <= picture.end:
        raise Invalid(
            f"Frame {_short(value)} is outside this work; use frames {picture.start} to "
            f"{picture.end}.",
            field=field,
        )
    if before is not None and value <= before:
        raise Invalid(
            f"Frame {value} follows frame {before}; sort by frame and keep one entry a frame.",
            field=field,
        )
    return value


def _short(value: int) -> str:
    """A number as told to a person; Python refuses to write out those of thousands of digits."""
    return str(value) if abs(value) < 10**12 else "of more than 12 digits"


def _read_keyframes(data: object, *, kind: str, picture: Picture) -> tuple[Keyframe, ...]:
    if not isinstance(data, list) or not data:
        raise Invalid("A track needs at least one keyframe.", field="keyframes")
    if len(data) > MAX_KEYFRAMES:
        raise Invalid(f"A track has at most {MAX_KEYFRAMES} keyframes.", field="keyframes")
    plain = _plain_boxes(data, picture) if kind == "box" else None
    if plain is not None:
        return tuple(
            Keyframe(frame, _FLAGS[flags], tuple(geometry)) for frame, flags, geometry in plain
        )
    keyframes: list[Keyframe] = []
    before: int | None = None
    for position, item in enumerate(data):
        field = f"keyframes[{position}]"
        if not isinstance(item, list) or len(item) != 3:
            raise Invalid("A keyframe is [frame, flags, [geometry]].", field=field)
        before = _check_frame(item[0], before, picture=picture, field=field)
        if not _is_frame(item[1]) or not 0 <= item[1] <= ALL_FLAGS:
            raise Invalid(
                f"Flags {item[1]!r} are unknown; add up 1 (outside), 2 (occluded), 4 (automatic).",
                field=field,
            )
        geometry = _GEOMETRY[kind](_read_numbers(item[2], field=field), field)
        keyframe = Keyframe(before, _FLAGS[item[1]], geometry)
        if not keyframe.outside:
            _check_within(geometry, kind=kind, picture=picture, field=field)
        keyframes.append(keyframe)
    return tuple(keyframes)


def _plain_boxes(data: Any, picture: Picture) -> list[list[Any]] | None:
    """Read boxes that lie in the picture, as nearly all do; None where one is else, right or wrong.

    The checks are those of the long way, which says what is wrong with the others. Gives the wire
    form, numbers as floats.
    """
    if type(data) is not list or not 0 < len(data) <= MAX_KEYFRAMES:
        return None
    before, end, width, height = picture.start - 1, picture.end, picture.width, picture.height
    boxes = []
    for item in data:
        if type(item) is not list or len(item) != 3:
            return None
        frame, flags, numbers = item
        if type(frame) is not int or type(flags) is not int or type(numbers) is not list:
            return None
        if len(numbers) != 4 or not _NUMBERS.issuperset(map(type, numbers)):
            return None
        x1, y1, x2, y2 = numbers
        # No comparison holds for NaN, and none of these for an infinity.
        if not (
            before < frame <= end
            and 0 <= flags < _FLAG_SETS
            and 0.0 <= x1 < x2 <= width
            and 0.0 <= y1 < y2 <= height
        ):
            return None
        # Adding nothing makes floats of whole numbers and takes the sign from a zero.
        boxes.append([frame, flags, [x1 + 0.0, y1 + 0.0, x2 + 0.0, y2 + 0.0]])
        before = frame
    return boxes


_NUMBERS = frozenset({float, int})


def _read_numbers(data: object, *, field: str) -> tuple[float, ...]:
    if not isinstance(data, list) or not all(is_number(value) for value in data):
        raise Invalid("A shape is a list of finite numbers (pixels).", field=field)
    return tuple(value + 0.0 for value in data)


def _read_box(numbers: tuple[float, ...], field: str) -> tuple[float, ...]:
    if len(numbers) not in {4, 5}:
        raise Invalid("A box is [x1, y1, x2, y2] or [x1, y1, x2, y2, rotation].", field=field)
    x1, y1, x2, y2 = numbers[:4]
    if x2 <= x1 or y2 <= y1:
        raise Invalid(
            f"Box {x1:g}, {y1:g}, {x2:g}, {y2:g} is empty or inverted; give x1 < x2 and y1 < y2.",
            field=field,
        )
    if len(numbers) == 5 and abs(numbers[4]) > 360:
        raise Invalid(f"Rotation {numbers[4]:g} is beyond 360 degrees.", field=field)
    return numbers


def _read_polygon(numbers: tuple[float, ...], field: str) -> tuple[float, ...]:
    if len(numbers) < 6 or len(numbers) % 2 or len(numbers) > 2 * MAX_POLYGON_POINTS:
        raise Invalid(
            f"A polygon is [x1, y1, x2, y2, ...] of 3 to {MAX_POLYGON_POINTS} points.", field=field
        )
    found = crossing(numbers)
    if found is not None:
        raise Invalid(
            f"The outline meets itself: the side after point {found[0] + 1} and the one after "
            f"point {found[1] + 1}; move a point so that no two sides cross or touch.",
            field=field,
        )
    return numbers


_GEOMETRY = {"box": _read_box, "polygon": _read_polygon}


def _check_within(geometry: tuple[float, ...], *, kind: str, picture: Picture, field: str) -> None:
    points = geometry[:4] if kind == "box" else geometry
    for values, size, axis in (
        (points[0::2], picture.width, "width"),
        (points[1::2], picture.height, "height"),
    ):
        low, high = min(values), max(values)
        if high <= 0 or low >= size or low < -REACH * size or high > (1 + REACH) * size:
            raise Invalid(
                f"The shape reaches from {low:g} to {high:g} in a picture of {axis} {size}; "
                "move it into the picture, or mark the keyframe as outside.",
                field=field,
            )


def _read_attributes(
    data: object, *, label: Label, picture: Picture
) -> dict[str, Scalar | Changes]:
    if not isinstance(data, Mapping):
        raise Invalid("Attributes are a JSON object of key and value.", field="attributes")
    read: dict[str, Scalar | Changes] = {}
    for key, value in data.items():
        attribute = label.attributes.get(key)
        if attribute is None:
            known = ", ".join(label.attributes) or "none"
            raise Invalid(
                f"Label {label.key!r} has no attribute {key!r}; it has: {known}.",
                field="attributes",
            )
        read[key] = _read_value(value, attribute=attribute, picture=picture)
    return read


def _read_value(value: Any, *, attribute: Attribute, picture: Picture) -> Scalar | Changes:
    field = f"attributes.{attribute.key}"
    if not isinstance(value, list):
        attribute.check(value, field=field)
        return _settled(value)
    if not attribute.mutable:
        raise Invalid(
            f"Attribute {attribute.key!r} does not change along a track; give one value.",
            field=field,
        )
    return _read_changes(value, attribute=attribute, picture=picture, field=field)


def _read_changes(
    data: Sequence[Any], *, attribute: Attribute, picture: Picture, field: str
) -> Changes:
    if not data or len(data) > MAX_KEYFRAMES:
        raise Invalid("Changes are a list of [frame, value], at least one.", field=field)
    changes: list[tuple[int, Scalar]] = []
    before: int | None = None
    for item in data:
        if not isinstance(item, list) or len(item) != 2:
            raise Invalid("A change is [frame, value].", field=field)
        before = _check_frame(item[0], before, picture=picture, field=field)
        attribute.check(item[1], field=field)
        changes.append((before, _settled(item[1])))
    return tuple(changes)


def _settled(value: Scalar) -> Scalar:
    """Give a value as the database gives it back: it keeps no sign of a zero."""
    return value + 0.0 if isinstance(value, float) else value
