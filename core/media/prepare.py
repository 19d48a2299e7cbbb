"""From any clip that we take to the mezzanine, its frame index and a few thumbnails."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.media.boxes import descend
from core.media.errors import MediaFailed
from core.media.ffmpeg_graph import mezzanine_arguments
from core.media.fragments import Fragment, FragmentParser, Init, Sample
from core.media.hearsay import (
    checked_damage,
    checked_facts,
    checked_pairs,
    checked_thumbnail,
    require_countable,
)
from core.media.index import FrameIndex, Gop, SamplePlace, ThumbnailPlace, Transform
from core.media.movie import Sink
from core.media.pipeline import transcode
from core.media.probe import ProbeReport, report_of
from core.media.sandbox import Limits, SeekableReader

PREPARE_LIMITS = Limits(wall_seconds=4 * 3600, cpu_seconds=8 * 3600)
_SHEET_LIMIT = 16 << 20  # a picture of 320 pixels is some 20 KB
_VISUAL_SAMPLE_ENTRY_BYTES = 78  # before its boxes: ISO/IEC 14496-12, 12.1.3


@dataclass(frozen=True, slots=True)
class Mezzanine:
    """What was made of a clip.

    sheet: small JPEGs (longer side at most 320 pixels), one after the other; `index.thumbnails`
    says which frames. report: of the source, as `probe` gives it.
    """

    index: FrameIndex
    sheet: bytes
    report: ProbeReport

    def thumbnail(self, number: int) -> bytes:
        """JPEG of the number-th thumbnail."""
        place = self.index.thumbnails[number]
        return self.sheet[place.start : place.end]


def make_mezzanine(
    source: SeekableReader,
    sink: Sink,
    *,
    thumbnails: int = 8,
    progress: Callable[[int], None] | None = None,
    limits: Limits = PREPARE_LIMITS,
) -> Mezzanine:
    """Write the annotation mezzanine (fragmented MP4, no sound) to the sink and index it.

    H.264 yuv420p without B-frames, a key frame each 25 frames, one fragment a GOP, the source's
    times, upright, padded to even size. thumbnails: at least so many where the clip has them, at
    most twice. progress: told how many frames are done.
    Raises MediaRefused (reason), MediaFailed (also when a frame or its time is not the source's),
    MediaTimedOut, SandboxUnavailable.
    """
    work = _Work(sink, progress)
    result = transcode(
        source,
        work="core.media.inside.preparing:prepare",
        options={"thumbnails": thumbnails},
        arguments=work.arguments,
        told=work.told,
        wrote=work.wrote,
        limits=limits,
    )
    return work.finish(damaged=checked_damage(result))


class _Work:
    """One mezzanine while it is made: what the decoder told and what the encoder wrote."""

    def __init__(self, sink: Sink, progress: Callable[[int], None] | None) -> None:
        self._sink = sink
        self._progress = progress
        self._parser = FragmentParser()
        self._facts: dict[str, Any] = {}
        self._pts: list[int] = []
        self._ticks: list[int] = []
        self._samples: list[Sample] = []
        self._gops: list[Gop] = []
        self._sheet = bytearray()
        self._thumbnails: list[ThumbnailPlace] = []
        self._next_thumbnail = 0
        self._size = 0

    def arguments(self, facts: dict[str, Any]) -> list[str]:
        self._facts = checked_facts(facts)
        return mezzanine_arguments(facts)

    def told(self, value: Any) -> None:
        if isinstance(value, bytes):
            start = len(self._sheet)
            self._sheet += value
            if len(self._sheet) > _SHEET_LIMIT:
                raise MediaFailed("The media child sent more thumbnails than were asked for.")
            self._thumbnails.append(ThumbnailPlace(self._next_thumbnail, start, len(self._sheet)))
        elif isinstance(value, dict):
            self._next_thumbnail = checked_thumbnail(value)
        else:
            pairs = checked_pairs(value)
            self._pts += [pts for pts, _ in pairs]
            self._ticks += [tick for _, tick in pairs]
            require_countable(len(self._ticks))

    def wrote(self, piece: bytes) -> None:
        self._sink.write(piece)
        self._size += len(piece)
        for found in self._parser.feed(piece):
            if isinstance(found, Fragment):
                self._add(found)
                if self._progress is not None:
                    self._progress(len(self._samples))

    def _add(self, fragment: Fragment) -> None:
        samples = [sample for run in fragment.runs for sample in run.samples]
        if [sample.key for sample in samples] != [True] + [False] * (len(samples) - 1):
            raise MediaFailed("A fragment of the mezzanine is not one group of pictures.")
        first = len(self._samples)
        self._samples += samples
        require_countable(len(self._samples))
        self._gops.append(Gop(first, len(self._samples) - 1, fragment.start, fragment.end))

    def finish(self, *, damaged: int) -> Mezzanine:
        init = self._parser.finish()
        if [sample.shown for sample in self._samples] != self._ticks:
            raise MediaFailed(
                f"The mezzanine has {len(self._samples)} frames where the source has "
                f"{len(self._ticks)}, or at other times; it was discarded."
            )
        report = report_of(self._facts, self._pts, damaged=damaged)
        return Mezzanine(self._index(init, report), bytes(self._sheet), report)

    def _index(self, init: Init, report: ProbeReport) -> FrameIndex:
        width, height, description = _avc(init)
        return FrameIndex(
            codec="avc1." + description[1:4].hex(),
            description=description,
            width=report.width,
            height=report.height,
            coded_width=width,
            coded_height=height,
            sample_aspect=report.sample_aspect,
            transform=Transform(report.rotation, width - report.width, height - report.height),
            time_base=report.time_base,
            ticks_per_second=self._facts["ticks_per_second"],
            pts=self._pts,
            ticks=self._ticks,
            samples=[SamplePlace(sample.offset, sample.size) for sample in self._samples],
            gops=self._gops,
            init=init.end,
            size=self._size,
            thumbnails=self._thumbnails,
        )


def _avc(init: Init) -> tuple[int, int, bytes]:
    """Width, height and the AVC decoder configuration record (ISO/IEC 14496-15, 5.3.3.1)."""
    entry = descend(init.video.sample_description[8:], b"avc1")
    width, height = struct.unpack_from(">2H", entry, 24)
    return width, height, descend(entry[_VISUAL_SAMPLE_ENTRY_BYTES:], b"avcC")
