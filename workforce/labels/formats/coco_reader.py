"""Reader of COCO detection JSON of a video: images are its frames, annotations its shapes.

An image's frame is its `frame`, or the number that its file's name ends with. Annotations of one
object share `attributes.track_uuid` or `attributes.track_id`, as CVAT, Datumaro and Custos write;
one without is an object that is seen in one frame.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from uuid import UUID

from core.errors import Invalid
from core.ids import new_id
from workforce.labels.formats.json_pieces import pieces
from workforce.labels.formats.mot import with_gaps
from workforce.labels.formats.problems import Tell, stop
from workforce.labels.ontology import Label, Ontology, is_number
from workforce.labels.simplify import simplify
from workforce.labels.tracks import Flag, Keyframe, Picture, Track, read_track

#: What files say beside the ontology's attributes.
TECHNICAL = frozenset(
    {"occluded", "keyframe", "outside", "track_id", "track_uuid", "identity_uuid", "rotation"}
)
#: Right and lower edges are sums of two decimals; this takes the noise of the sum away.
NOISE_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class _Row:
    """One annotation, its numbers checked."""

    line: int
    frame: int
    label: str
    object: str
    geometry: tuple[float, ...]
    is_polygon: bool
    attributes: dict[str, Any]
    occluded: bool
    keyframe: bool | None


def read_coco(
    stream: BinaryIO, *, ontology: Ontology, picture: Picture, tell: Tell = stop
) -> list[Track]:
    """Tracks of a file, held against the ontology; the annotations are held, not the file.

    Tells Invalid naming the line, and raises it where the file is no such JSON.
    """
    reader = _Reader(ontology, picture, tell)
    for member, item, line in pieces(stream):
        reader.take(member, item, line)
    return list(reader.tracks())


class _Reader:
    def __init__(self, ontology: Ontology, picture: Picture, tell: Tell) -> None:
        self._ontology = ontology
        self._picture = picture
        self._tell = tell
        self._labels: dict[int, Label] = {}
        self._frames: dict[int, int] = {}
        self._annotations: list[tuple[int, dict[str, Any]]] = []
        self._members: set[str] = set()

    def take(self, member: str, item: Any, line: int) -> None:
        """Note one piece; annotations are looked at when all images and categories are known."""
        readers = {"categories": self._category, "images": self._image}
        self._members.add(member)
        try:
            if member in readers:
                readers[member](_object(item, line, member), line)
            elif member == "annotations":
                self._annotations.append((line, _object(item, line, member)))
        except Invalid as error:
            self._tell(error)

    def _category(self, item: dict[str, Any], line: int) -> None:
        number, name = _whole(item, "id", line), item.get("name")
        found = next(
            (one for one in self._ontology.labels.values() if name in {one.key, one.name}), None
        )
        if found is None:
            known = ", ".join(self._ontology.labels)
            raise _refuse(line, f"the ontology has no label {_told(name)}; it has: {known}.")
        if number in self._labels:
            raise _refuse(line, f"category {number} is there already; give each its own id.")
        self._labels[number] = found

    def _image(self, item: dict[str, Any], line: int) -> None:
        number = _whole(item, "id", line)
        if number in self._frames:
            raise _refuse(line, f"image {number} is there already; give each its own id.")
        frame = _frame_of(item, line)
        if not self._picture.start <= frame <= self._picture.end:
            raise _refuse(
                line,
                f"frame {_told(frame)} is not in this clip; it has frames "
                f"{self._picture.start} to {self._picture.end}.",
            )
        self._frames[number] = frame

    def tracks(self) -> Iterator[Track]:
        """Put the annotations together, in the order in which the objects come first."""
        if not self._members & {"images", "annotations", "categories"}:
            raise Invalid('The file has no "annotations"; export it as COCO 1.0.', field="file")
        objects: dict[str, list[_Row]] = {}
        ids: dict[int, int] = {}
        for line, item in self._annotations:
            try:
                row = self._row(item, line, ids)
            except Invalid as error:
                self._tell(error)
            else:
                objects.setdefault(row.object, []).append(row)
        self._annotations = []
        for name, rows in objects.items():
            try:
                yield self._track(name, rows)
            except Invalid as error:
                self._tell(error)

    def _row(self, item: dict[str, Any], line: int, ids: dict[int, int]) -> _Row:
        number = _whole(item, "id", line)
        first = ids.setdefault(number, line)
        if first != line:
            raise _refuse(line, f"annotation {number} is there already (line {first}).")
        label = self._labels.get(_whole(item, "category_id", line))
        if label is None:
            raise _refuse(line, f"there is no category {item['category_id']}; list it.")
        frame = self._frames.get(_whole(item, "image_id", line))
        if frame is None:
            raise _refuse(line, f"there is no image {item['image_id']}; list it with its frame.")
        attributes = item.get("attributes", {})
        if not isinstance(attributes, dict):
            raise _refuse(line, "attributes are an object of name and value.")
        polygon = _polygon(item, line) if "polygon" in label.kinds else None
        keyframe = attributes.get("keyframe")
        return _Row(
            line=line,
            frame=frame,
            label=label.key,
            object=_name_of(item, attributes, line),
            geometry=polygon or _box(item, line),
            is_polygon=polygon is not None,
            attributes=self._attributes(label, attributes, line),
            occluded=attributes.get("occluded") in {True},
            keyframe=keyframe if isinstance(keyframe, bool) else None,
        )

    def _attributes(self, label: Label, given: dict[str, Any], line: int) -> dict[str, Any]:
        read = {}
        for name, value in given.items():
            if name in TECHNICAL and name not in label.attributes:
                continue
            attribute = next(
                (one for one in label.attributes.values() if name in {one.key, one.name}), None
            )
            if attribute is None:
                known = ", ".join(label.attributes) or "none"
                raise _refuse(
                    line, f"label {label.key!r} has no attribute {name[:40]!r}; it has: {known}."
                )
            try:
                attribute.check(value, field=attribute.key)
            except Invalid as error:
                raise _refuse(line, error.message) from error
            read[attribute.key] = value
        return read

    def _track(self, name: str, rows: list[_Row]) -> Track:
        rows.sort(key=lambda row: (row.frame, row.line))
        first = rows[0]
        for before, row in pairwise(rows):
            if row.frame == before.frame:
                raise _refuse(
                    row.line,
                    f"this object has an annotation in frame {row.frame} already "
                    f"(line {before.line}); give each object one a frame.",
                )
            if (row.label, row.is_polygon) != (first.label, first.is_polygon):
                raise _refuse(
                    row.line,
                    f"this object is another label or kind of shape than in line {first.line}; "
                    "give it a track_id of its own.",
                )
        keyframes = _keyframes(rows, last=self._picture.end)
        wire = {
            "id": name if _is_uuid(name) else str(new_id()),
            "label": first.label,
            "kind": "polygon" if first.is_polygon else "box",
            "attributes": _along(rows, self._ontology.labels[first.label]),
            "keyframes": [[key.frame, int(key.flags), list(key.geometry)] for key in keyframes],
        }
        try:
            return read_track(wire, ontology=self._ontology, picture=self._picture)
        except Invalid as error:
            raise _refuse(first.line, f"in the object that begins here, {error.message}") from error


def _keyframes(rows: list[_Row], *, last: int) -> tuple[Keyframe, ...]:
    """Those that the file marks, and those without which the gaps would not be the same."""
    all_of_them = with_gaps([_keyframe(row) for row in rows], last=last)
    if any(row.keyframe is None for row in rows):
        return _held(all_of_them) if rows[0].is_polygon else simplify(all_of_them)
    marked = {row.frame for row in rows if row.keyframe}
    return tuple(
        keyframe
        for position, keyframe in enumerate(all_of_them)
        if keyframe.frame in marked
        or keyframe.outside
        or position == 0
        or all_of_them[position - 1].outside
        or _is_before_gap(all_of_them, position)
    )


def _is_before_gap(keyframes: list[Keyframe], position: int) -> bool:
    """Shapes move towards the next keyframe, so the last that is seen must be one too."""
    return position + 1 < len(keyframes) and keyframes[position + 1].outside


def _held(keyframes: list[Keyframe]) -> tuple[Keyframe, ...]:
    """A polygon like the one before adds nothing, unless it moves from there to the next."""
    kept = keyframes[:1]
    for keyframe, after in zip_longest(keyframes[1:], keyframes[2:]):
        moves = after and len(after.geometry) == len(keyframe.geometry)
        if (
            (keyframe.flags, keyframe.geometry) != (kept[-1].flags, kept[-1].geometry)
            or (moves and after.geometry != keyframe.geometry)
        ):  # fmt: skip
            kept.append(keyframe)
    return tuple(kept)


def _keyframe(row: _Row) -> Keyframe:
    return Keyframe(row.frame, Flag.OCCLUDED if row.occluded else Flag(0), row.geometry)


def _along(rows: list[_Row], label: Label) -> dict[str, Any]:
    """One value, or the changes of an attribute that may change."""
    found: dict[str, list[list[Any]]] = {}
    for row in rows:
        for key, value in row.attributes.items():
            changes = found.setdefault(key, [])
            if not changes or changes[-1][1] != value:
                if changes and not label.attributes[key].mutable:
                    raise _refuse(
                        row.line, f"{key!r} does not change along an object; give one value."
                    )
                changes.append([row.frame, value])
    return {
        key: changes if label.attributes[key].mutable and len(changes) > 1 else changes[0][1]
        for key, changes in found.items()
    }


def _refuse(line: int, message: str) -> Invalid:
    return Invalid(f"Line {line}: {message}", field=f"line {line}")


def _told(value: object) -> str:
    """A value as it can be told: Python refuses to write out a number of thousands of digits."""
    if isinstance(value, int) and abs(value) >= 10**12:
        return "of more than 12 digits"
    return repr(value)[:60]


def _object(item: Any, line: int, member: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise _refuse(line, f"{member} are a list of objects.")
    return item


def _whole(item: dict[str, Any], name: str, line: int) -> int:
    value = item.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise _refuse(line, f"{name} is {_told(value)}; give a whole number from 0.")
    return value


def _frame_of(item: dict[str, Any], line: int) -> int:
    if "frame" in item:
        return _whole(item, "frame", line)
    name = item.get("file_name")
    digits = re.search(r"(\d{1,12})$", PurePosixPath(name).stem) if isinstance(name, str) else None
    if digits is None:
        raise _refuse(
            line,
            f'the image {_told(name)} names no frame; give it "frame", counted from 0, or end '
            "its file_name with the number.",
        )
    return int(digits[1])


def _name_of(item: dict[str, Any], attributes: dict[str, Any], line: int) -> str:
    for place, name in ((attributes, "track_uuid"), (attributes, "track_id"), (item, "track_id")):
        value = place.get(name)
        if isinstance(value, str) and _is_uuid(value):
            return value
        if isinstance(value, int | str) and not isinstance(value, bool):
            return f"track {_told(value)}"
    return f"line {line}, {item['id']}"


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _box(item: dict[str, Any], line: int) -> tuple[float, ...]:
    box = item.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(map(is_number, box)):
        raise _refuse(line, "bbox is [left, top, width, height] in finite numbers.")
    left, top, width, height = map(float, box)
    if width <= 0 or height <= 0:
        raise _refuse(
            line, f"the box is {width:g} x {height:g}; bbox is [left, top, width, height]."
        )
    return left, top, round(left + width, NOISE_DECIMALS), round(top + height, NOISE_DECIMALS)


def _polygon(item: dict[str, Any], line: int) -> tuple[float, ...] | None:
    parts = item.get("segmentation")
    if not parts:
        return None
    if isinstance(parts, dict):
        raise _refuse(line, "masks in run lengths (RLE) are not taken; export polygons.")
    if not isinstance(parts, list) or len(parts) != 1:
        raise _refuse(line, "an object of several parts is not taken; give one polygon.")
    points = parts[0]
    if not isinstance(points, list) or not all(map(is_number, points)):
        raise _refuse(line, "a polygon is [x1, y1, x2, y2, ...] in finite numbers.")
    return tuple(map(float, points))
