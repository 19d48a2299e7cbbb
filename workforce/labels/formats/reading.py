"""One door for files of labels: which format a file is in, and its tracks and events."""

from __future__ import annotations

import io
from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO

from core.errors import Invalid
from workforce.labels.formats.clip import SourceTimes
from workforce.labels.formats.coco_reader import read_coco
from workforce.labels.formats.cvat_xml_reader import stream_cvat
from workforce.labels.formats.jsonl import FORMAT, read_jsonl_lines
from workforce.labels.formats.mot import read_mot
from workforce.labels.formats.problems import Tell, stop
from workforce.labels.spans import Span, Stage
from workforce.labels.tracks import Track


class Format(StrEnum):
    """What files of labels are written in."""

    COCO = "coco"
    CVAT = "cvat"
    JSONL = "jsonl"
    MOT = "mot"


def format_of(head: bytes) -> Format:
    """Tell the format from a file's first bytes. Raises Invalid."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return Format.CVAT
    if text.startswith(b"{"):
        first = text.partition(b"\n")[0]
        return Format.JSONL if FORMAT.encode() in first else Format.COCO
    if text[:1].isdigit():
        return Format.MOT
    raise Invalid(
        "This is none of the formats that are read: MOTChallenge text, COCO JSON, CVAT for video "
        "1.1 (XML, taken out of its zip) or JSON Lines of Custos.",
        field="file",
    )


def read_labels(
    stream: BinaryIO,
    *,
    file_format: Format,
    stage: Stage,
    times: SourceTimes | None = None,
    tell: Tell = stop,
) -> Iterator[Track | Span]:
    """Tracks, and events where the format has them, held against the stage.

    CVAT and JSON Lines come a track at a time; MOTChallenge and COCO, whose rows lie anywhere, are
    put together first. Tells and raises Invalid with the line.
    """
    ontology, picture = stage.ontology, stage.picture
    if file_format is Format.JSONL:
        yield from read_jsonl_lines(stream, stage=stage, times=times, tell=tell)
    elif file_format is Format.CVAT:
        yield from stream_cvat(stream, ontology=ontology, picture=picture, tell=tell)
    elif file_format is Format.COCO:
        yield from read_coco(stream, ontology=ontology, picture=picture, tell=tell)
    else:
        yield from _mot(stream, stage=stage, tell=tell)


def _mot(stream: BinaryIO, *, stage: Stage, tell: Tell) -> Iterator[Track]:
    lines = io.TextIOWrapper(stream, encoding="utf-8-sig")
    try:
        yield from read_mot(
            lines, name="The file", ontology=stage.ontology, picture=stage.picture, tell=tell
        )
    except UnicodeDecodeError as error:
        raise Invalid("The file is not text; give MOTChallenge text.", field="file") from error
    finally:
        lines.detach()
