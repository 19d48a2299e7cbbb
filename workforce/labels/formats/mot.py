"""MOTChallenge text: `frame,id,left,top,width,height,flag,class,visibility`, frames from 1.

Ground truth of MOT16 and later has 9 columns with a class; MOT15 and tracker output have 10 with
world coordinates in their place; 6 and 7 are common too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import BinaryIO

from core.errors import Invalid
from core.ids import new_id
from workforce.labels.formats.clip import ClipLabels, bounding_box, number
from workforce.labels.formats.problems import Tell, stop
from workforce.labels.formats.rows import is_upright, sized, texts, upright_blocks
from workforce.labels.interpolation import shapes
from workforce.labels.ontology import Ontology
from workforce.labels.simplify import simplify
from workforce.labels.tracks import Flag, Keyframe, Picture, Track, check_frame, check_shape

COLUMNS_WITH_CLASS = (8, 9)
# Files give visibility as a share; below half counts as occluded, as Datumaro reads it.
OCCLUDED_BELOW = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """One line. frame from 1; the box in pixels; flag 0 = not to be counted; label None = none."""

    line: int
    frame: int
    identity: int
    left: float
    top: float
    width: float
    height: float
    flag: float = 1.0
    label: int | None = None
    visibility: float = 1.0


def read_rows(lines: Iterable[str], *, name: str, tell: Tell = stop) -> list[Row]:
    """Parse a file; empty lines are skipped. Tells Invalid naming file, line and remedy."""
    rows = []
    for position, line in enumerate(lines, start=1):
        if line.strip():
            try:
                rows.append(_read_row(line, place=f"{name}, line {position}", position=position))
            except Invalid as error:
                tell(error)
    return rows


def check_unique(rows: Iterable[Row], *, name: str, tell: Tell = stop) -> None:
    """Tell Invalid when one identity has two boxes in a frame."""
    seen: dict[tuple[int, int], int] = {}
    for row in rows:
        first = seen.setdefault((row.frame, row.identity), row.line)
        if first != row.line:
            tell(
                Invalid(
                    f"{name}, line {row.line}: identity {row.identity} already has a box in frame "
                    f"{row.frame} (line {first}); give each identity one box a frame.",
                    field=f"line {row.line}",
                )
            )


def _read_row(line: str, *, place: str, position: int) -> Row:
    fields = line.split(",") if "," in line else line.split()
    if len(fields) < 6:
        raise Invalid(
            f"{place}: {len(fields)} columns; write frame,id,left,top,width,height[,flag,class,"
            "visibility].",
            field=f"line {position}",
        )
    values = [
        _read_number(field, column=column, place=place)
        for column, field in enumerate(fields[:9], start=1)
    ]
    for column in (1, 2):
        if not values[column - 1].is_integer():
            raise Invalid(
                f"{place}, column {column}: {fields[column - 1].strip()!r} is not a whole number.",
                field=f"line {position}",
            )
    if values[0] < 1:
        raise Invalid(f"{place}: frame {int(values[0])}; frames count from 1.", field="frame")
    if values[4] < 0 or values[5] < 0:
        raise Invalid(
            f"{place}: the box is {values[4]:g} x {values[5]:g}; columns 5 and 6 are width and "
            "height, not the right and bottom edge.",
            field=f"line {position}",
        )
    has_class = len(fields) in COLUMNS_WITH_CLASS
    return Row(
        line=position,
        frame=int(values[0]),
        identity=int(values[1]),
        left=values[2],
        top=values[3],
        width=values[4],
        height=values[5],
        flag=values[6] if len(fields) > 6 else 1.0,
        label=int(values[7]) if has_class else None,
        visibility=values[8] if len(fields) == 9 else 1.0,
    )


def _read_number(field: str, *, column: int, place: str) -> float:
    try:
        value = float(field)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Invalid(
            f"{place}, column {column}: {field.strip()!r} is not a finite number.", field=place
        )
    return value


def write_mot(out: BinaryIO, clip: ClipLabels) -> int:
    """Write visible shapes as upright boxes; gives the number of lines.

    Identities are numbered from 1 in the order of the tracks, classes as in `write_mot_labels`;
    visibility is 0 where a shape is occluded. A rotated box or polygon becomes the box around it.
    """
    classes = {key: position for position, key in enumerate(clip.ontology.labels, start=1)}
    lines = 0
    for identity, track in enumerate(clip.tracks, start=1):
        rows = _upright_lines if is_upright(track) else _lines_around
        for block in rows(track, clip.picture, identity, classes[track.label]):
            out.write("".join(block).encode())
            lines += len(block)
    return lines


def _upright_lines(
    track: Track, picture: Picture, identity: int, label: int
) -> Iterator[list[str]]:
    tails = (f"1,{label},1\n", f"1,{label},0\n")
    for block in upright_blocks(track, picture.start, picture.end):
        values = iter(texts(sized(block)))
        rows = zip(block.frames.tolist(), block.occluded.tolist(), *[values] * 4, strict=True)
        yield [
            f"{frame + 1},{identity},{x},{y},{width},{height},{tails[occluded]}"
            for frame, occluded, x, y, width, height in rows
        ]


def _lines_around(track: Track, picture: Picture, identity: int, label: int) -> Iterator[list[str]]:
    for shape in shapes(track, picture.start, picture.end):
        x1, y1, x2, y2 = bounding_box(track.kind, shape)
        box = ",".join(map(number, (x1, y1, x2 - x1, y2 - y1)))
        yield [f"{shape.frame + 1},{identity},{box},1,{label},{0 if shape.occluded else 1}\n"]


def write_mot_labels(out: BinaryIO, ontology: Ontology) -> None:
    """Write labels.txt: the label of class n in line n."""
    for key in ontology.labels:
        out.write(f"{key}\n".encode())


def read_mot(
    lines: Iterable[str],
    *,
    name: str,
    ontology: Ontology,
    label: str | None = None,
    picture: Picture | None = None,
    tell: Tell = stop,
) -> list[Track]:
    """Tracks of a file, one for each identity, rows with flag 0 left out.

    label: what rows without a class are; by default the ontology's first label. picture: where the
    boxes must lie, when it is known. Keyframes that interpolation gives back are dropped; a gap
    becomes an `outside` keyframe, and so does an end before that of the picture, or of the file.
    Tells Invalid, each with its line.
    """
    rows = [row for row in read_rows(lines, name=name, tell=tell) if row.flag != 0]
    check_unique(rows, name=name, tell=tell)
    rows.sort(key=lambda row: (row.identity, row.frame))
    last = picture.end if picture else max((row.frame for row in rows), default=0) - 1
    tracks = []
    for _, group in groupby(rows, key=lambda row: row.identity):
        found = list({row.frame: row for row in group}.values())
        try:
            key = _label_of(found, ontology=ontology, default=label, name=name)
            if picture is not None:
                _check_rows(found, picture=picture, name=name)
        except Invalid as error:
            tell(error)
            continue
        keyframes = with_gaps([_keyframe(row) for row in found], last=last)
        tracks.append(Track(new_id(), key, "box", {}, simplify(keyframes)))
    return tracks


def _label_of(rows: Sequence[Row], *, ontology: Ontology, default: str | None, name: str) -> str:
    row, keys = rows[0], list(ontology.labels)
    other = next((item for item in rows if item.label != row.label), None)
    if other is not None:
        raise Invalid(
            f"{name}, line {other.line}: identity {row.identity} is of class {other.label}, in "
            f"line {row.line} of class {row.label}; give each object an identity of its own.",
            field=f"line {other.line}",
        )
    if row.label is None or row.label == -1:
        return ontology.label(default or keys[0], field="label").key
    if not 1 <= row.label <= len(keys):
        raise Invalid(
            f"{name}, line {row.line}: class {row.label}; the ontology has classes 1 to "
            f"{len(keys)} ({', '.join(keys)}).",
            field=f"line {row.line}",
        )
    return keys[row.label - 1]


def _check_rows(rows: Sequence[Row], *, picture: Picture, name: str) -> None:
    for row in rows:
        keyframe = _keyframe(row)
        try:
            check_frame(keyframe.frame, picture=picture, field="frame")
            check_shape(keyframe.geometry, kind="box", picture=picture, field="box")
        except Invalid as error:
            raise Invalid(
                f"{name}, line {row.line}: {error.message}", field=f"line {row.line}"
            ) from error


def with_gaps(keyframes: Sequence[Keyframe], *, last: int) -> list[Keyframe]:
    """Put an `outside` keyframe where frames are left out, and after the end before `last`."""
    result = [keyframes[0]]
    for before, keyframe in pairwise(keyframes):
        if keyframe.frame > before.frame + 1:
            result.append(_end(before))
        result.append(keyframe)
    if result[-1].frame < last:
        result.append(_end(result[-1]))
    return result


def _keyframe(row: Row) -> Keyframe:
    flags = Flag.OCCLUDED if row.visibility < OCCLUDED_BELOW else Flag(0)
    box = (row.left, row.top, row.left + row.width, row.top + row.height)
    return Keyframe(row.frame - 1, flags, box)


def _end(keyframe: Keyframe) -> Keyframe:
    return replace(keyframe, frame=keyframe.frame + 1, flags=Flag.OUTSIDE)
