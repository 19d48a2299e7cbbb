"""JSON Lines: a header, then a track or an event a line in the wire form; loses nothing.

Where the clip's times are known, the header has its `time_base` and each track `pts`, the ticks of
its keyframes in the client's own file. A track that was linked has `identity`: the object that it
is in all clips.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, TypeVar
from uuid import UUID

from core.errors import Invalid
from workforce.labels.canonical import canonical_json
from workforce.labels.formats.clip import ClipLabels, SourceTimes
from workforce.labels.formats.problems import Tell, stop
from workforce.labels.ontology import Ontology
from workforce.labels.spans import Span, Stage, read_span
from workforce.labels.tracks import Picture, Track, read_track

FORMAT = "custos-tracks"
VERSION = 1
Item = TypeVar("Item", Track, Span)


def write_jsonl(
    out: BinaryIO, clip: ClipLabels, *, extra: Mapping[UUID, Mapping[str, Any]] | None = None
) -> int:
    """Write header, tracks and events; gives the number of tracks.

    extra: more members for the line of a track, by its id.
    """
    picture = clip.picture
    header: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "clip": clip.name,
        "width": picture.width,
        "height": picture.height,
        "start": picture.start,
        "end": picture.end,
        "ontology": clip.ontology.to_document(),
    }
    if clip.times is not None:
        header["time_base"] = list(clip.times.time_base)
    out.write(canonical_json(header) + b"\n")
    written = 0
    for track in clip.tracks:
        line = track.to_wire() | dict((extra or {}).get(track.id, {}))
        if track.id in clip.identities:
            line["identity"] = str(clip.identities[track.id])
        if clip.times is not None:
            line["pts"] = [clip.times.pts[keyframe.frame] for keyframe in track.keyframes]
        out.write(canonical_json(line) + b"\n")
        written += 1
    for span in clip.spans:
        out.write(canonical_json(span.to_wire()) + b"\n")
    return written


def read_jsonl(
    lines: Iterable[bytes], *, ontology: Ontology, picture: Picture, tell: Tell = stop
) -> Iterator[Track]:
    """Tracks one at a time, events left out. Raises as `read_jsonl_lines` does."""
    stage = Stage(ontology, picture, {}, {})
    return (item for item in read_jsonl_lines(lines, stage=stage, events=False, tell=tell)
            if isinstance(item, Track))  # fmt: skip


def read_jsonl_lines(
    lines: Iterable[bytes],
    *,
    stage: Stage,
    times: SourceTimes | None = None,
    events: bool = True,
    tell: Tell = stop,
) -> Iterator[Track | Span]:
    """Tracks and events one at a time, held against the stage; tracks stand before their events.

    times: those of the clip; a track whose `pts` say otherwise was drawn on another file. Tells
    and raises Invalid naming the line.
    """
    labels = dict(stage.tracks)
    known = Stage(stage.ontology, stage.picture, labels, stage.zones)
    seen: set[UUID] = set()
    position = 0
    for position, line in enumerate(lines, start=1):
        if position == 1:
            _check_header(_parse(line, position))
            continue
        if not line.strip():
            continue
        try:
            data = _parse(line, position)
            if isinstance(data, dict) and "event" in data:
                if events:
                    yield _once(read_span(data, stage=known), seen)
                continue
            track = read_track(data, ontology=stage.ontology, picture=stage.picture)
            _check_times(data, track, times)
            yield _once(track, seen)
            labels[track.id] = track.label
        except Invalid as error:
            tell(_placed(error, position))
    if position == 0:
        raise Invalid("The file is empty; write a header and one track a line.", field="file")


def _placed(error: Invalid, position: int) -> Invalid:
    if error.field == f"line {position}":
        return error
    return Invalid(f"Line {position}, {error.field}: {error.message}", field=f"line {position}")


def _once(item: Item, seen: set[UUID]) -> Item:
    if item.id in seen:
        raise Invalid(f"{item.id} is there already; give each track and event once.", field="id")
    seen.add(item.id)
    return item


def _check_times(data: Any, track: Track, times: SourceTimes | None) -> None:
    told = data.get("pts")
    if told is None or times is None:
        return
    expected = [times.pts[keyframe.frame] for keyframe in track.keyframes]
    if told != expected:
        raise Invalid(
            "the times are not those of this clip's frames; the labels were drawn on another file.",
            field="pts",
        )


def _parse(line: bytes, position: int) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Invalid(
            f"Line {position} is not JSON; write one track a line.", field=f"line {position}"
        ) from error


def _check_header(data: Any) -> None:
    if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("version") != VERSION:
        raise Invalid(
            f'Line 1 is not the header {{"format": "{FORMAT}", "version": {VERSION}, ...}}.',
            field="line 1",
        )
