"""`custos convert`: a file of labels in another format, without a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.console import Console

from core.errors import CustosError, Invalid
from workforce.labels.formats.clip import ClipLabels
from workforce.labels.formats.coco import write_coco
from workforce.labels.formats.cvat_xml import write_cvat
from workforce.labels.formats.jsonl import write_jsonl
from workforce.labels.formats.mot import write_mot, write_mot_labels
from workforce.labels.formats.own_words import OwnWords, own_words
from workforce.labels.formats.reading import Format, format_of, read_labels
from workforce.labels.ontology import Ontology
from workforce.labels.spans import Span, Stage
from workforce.labels.tracks import Picture, Track

HEAD = 4096
WRITERS = {
    Format.COCO: write_coco,
    Format.CVAT: write_cvat,
    Format.JSONL: write_jsonl,
    Format.MOT: write_mot,
}
ENDINGS = {".xml": Format.CVAT, ".json": Format.COCO, ".jsonl": Format.JSONL, ".txt": Format.MOT}


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="The labels, in any format.")],
    target: Annotated[
        Path, typer.Argument(metavar="OUT", help="Ends in .xml (CVAT), .json (COCO), .jsonl, .txt.")
    ],
    *,
    ontology: Annotated[
        Path | None, typer.Option(help="The ontology as JSON; else what the file says of itself.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="MOTChallenge's labels.txt; else the one beside IN.")
    ] = None,
    size: Annotated[str, typer.Option(help="Width x height, where IN does not say it.")] = "",
    frames: Annotated[int, typer.Option(help="Frames of the clip, where IN does not say it.")] = 0,
) -> None:
    """Write labels in another format; docs/formats.md says what each format loses.

    CVAT and JSON Lines are read a track at a time. Exit code 2: a line could not be read, and
    nothing was written.
    """
    try:
        with _opened(source) as stream:
            told = _told(stream, source, ontology=ontology, labels=labels, size=size, frames=frames)
            written = _write(stream, target, told)
    except CustosError as error:
        Console(stderr=True).print(error.message, style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from error
    typer.echo(f"{target}: {written} {'boxes' if _is_rows(target) else 'tracks'}")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        raise Invalid(f"{path} can't be read ({error.strerror}).", field="file") from error


def _told(
    stream: BinaryIO,
    source: Path,
    *,
    ontology: Path | None,
    labels: Path | None,
    size: str,
    frames: int,
) -> tuple[Format, Stage]:
    """The format of the file, and what its labels are held against."""
    file_format = format_of(stream.read(HEAD))
    stream.seek(0)
    beside = labels or source.with_name("labels.txt")
    names = beside.read_text("utf-8").splitlines() if beside.is_file() else []
    words = own_words(stream, file_format, names)
    stream.seek(0)
    if ontology is not None:
        words.document = _document(ontology)
    if size:
        words.width, words.height = _size(size)
    words.frames = frames or words.frames
    return file_format, Stage(
        Ontology.from_document(words.document), _picture(words), tracks={}, zones={}
    )


def _document(path: Path) -> dict[str, Any]:
    with _opened(path) as stream:
        try:
            found: dict[str, Any] = json.load(stream)
        except ValueError as error:
            raise Invalid(f"{path} is not JSON; give an ontology.", field="ontology") from error
    return found


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise Invalid(f"{text!r} is no size; write --size 1920x1080.", field="size")
    return int(width), int(height)


def _picture(words: OwnWords) -> Picture:
    if not (words.width and words.height):
        raise Invalid("IN does not say its picture size; give --size 1920x1080.", field="size")
    if words.frames < 1:
        raise Invalid("IN does not say its frames; give --frames with their number.", field="size")
    return Picture(words.width, words.height, 0, words.frames - 1)


def _is_rows(target: Path) -> bool:
    return ENDINGS.get(target.suffix) in {Format.COCO, Format.MOT}


def _write(stream: BinaryIO, target: Path, told: tuple[Format, Stage]) -> int:
    file_format, stage = told
    wanted = ENDINGS.get(target.suffix)
    if wanted is None:
        raise Invalid(f"{target.name} should end in: {', '.join(ENDINGS)}.", field="target")
    spans: list[Span] = []

    def tracks() -> Iterator[Track]:
        for item in read_labels(stream, file_format=file_format, stage=stage):
            if isinstance(item, Span):
                spans.append(item)
            else:
                yield item

    part = target.with_name(f"{target.name}.part")
    clip = ClipLabels(target.stem, stage.picture, stage.ontology, tracks(), spans)
    try:
        with part.open("wb") as out:
            written = WRITERS[wanted](out, clip)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    if wanted is Format.MOT:
        with target.with_name("labels.txt").open("wb") as out:
            write_mot_labels(out, stage.ontology)
    return written
