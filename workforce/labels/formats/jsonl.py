"""JSON Lines: a header, then one track a line in the wire form; loses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from core.errors import Invalid
from workforce.labels.canonical import canonical_json
from workforce.labels.formats.clip import ClipLabels
from workforce.labels.ontology import Ontology
from workforce.labels.tracks import Picture, Track, read_track

FORMAT = "custos-tracks"
VERSION = 1


def write_jsonl(out: BinaryIO, clip: ClipLabels) -> int:
    """Write header and tracks; gives the number of tracks."""
    picture = clip.picture
    header = {
        "format": FORMAT,
        "version": VERSION,
        "clip": clip.name,
        "width": picture.width,
        "height": picture.height,
        "start": picture.start,
        "end": picture.end,
    }
    out.write(canonical_json(header) + b"\n")
    written = 0
    for track in clip.tracks:
        out.write(canonical_json(track.to_wire()) + b"\n")
        written += 1
    return written


def read_jsonl(lines: Iterable[bytes], *, ontology: Ontology, picture: Picture) -> Iterator[Track]:
    """Tracks one at a time, held against ontology and picture. Raises Invalid naming the line."""
    for position, line in enumerate(lines, start=1):
        data = _parse(line, position)
        if position == 1:
            _check_header(data)
            continue
        try:
            yield read_track(data, ontology=ontology, picture=picture)
        except Invalid as error:
            raise Invalid(
                f"Line {position}, {error.field}: {error.message}", field=f"line {position}"
            ) from error


def _parse(line: bytes, position: int) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise Invalid(
            f"Line {position} is not JSON; write one track a line.", field=f"line {position}"
        ) from error


def _check_header(data: Any) -> None:
    if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("version") != VERSION:
        raise Invalid(
            f'Line 1 is not the header {{"format": "{FORMAT}", "version": {VERSION}, ...}}.',
            field="line 1",
        )
