"""Writes an ordinary MP4 file in one pass to a sink that cannot seek.

ffmpeg can only stream fragmented MP4, which carries no frame count and no edit list. Here each
fragment's media become an `mdat` box of their own, and the one table of all samples (`moov`)
follows at the end: ISO/IEC 14496-12 allows both. Times stay exact to the tick: a late start is an
empty edit, sound that only primes its decoder is edited away.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Protocol

from core.media.boxes import Box, box, boxes, descend, full_box
from core.media.fragments import Fragment, Init, Sample, Track
from core.media.tags import recorded_at, user_data

_FTYP = box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isom", b"iso2", b"avc1", b"mp41")
_LARGEST_SHORT_OFFSET = 0xFFFFFFFF
# In the body of `stsd`: version and count, then the header and fixed fields of the first entry.
_ENCODER_NAME = 8 + 8 + 42


class Sink(Protocol):
    """Where a result goes: a file open for writing, or the vault's encrypting writer."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(slots=True)
class _TrackTable:
    """Samples of a track so far, and the chunks in which they lie: (file offset, samples)."""

    samples: list[Sample] = field(default_factory=list)
    chunks: list[tuple[int, int]] = field(default_factory=list)


class MovieWriter:
    """Give it the init segment, each fragment, and finish. origin: seconds * timescale of zero.

    origin_seconds: the time in the fragments that is time zero of the movie.
    """

    def __init__(self, sink: Sink, *, origin_seconds: int = 0) -> None:
        self._sink = sink
        self._origin = origin_seconds
        self._position = 0
        self._init: Init | None = None
        self._tables: dict[int, _TrackTable] = {}
        self._write(_FTYP)

    def start(self, init: Init) -> None:
        self._init = init
        self._tables = {track.number: _TrackTable() for track in init.tracks}

    def add(self, fragment: Fragment) -> None:
        shift = self._position + 8 - fragment.media_start
        self._write(box(b"mdat", fragment.media))
        for run in fragment.runs:
            if run.samples:
                table = self._tables[run.track]
                table.samples += run.samples
                table.chunks.append((run.samples[0].offset + shift, len(run.samples)))

    def finish(self, tags: Mapping[str, str] | None = None) -> None:
        """End the file. tags: what it says of its recording (core.media.tags); else nothing."""
        kept = tags or {}
        init = self._init
        assert init is not None
        movie_scale = init.video.timescale
        used = [track for track in init.tracks if self._tables[track.number].samples]
        traks, longest = [], 0
        for track in used:
            table = self._tables[track.number]
            trak, duration = _trak(track, table, movie_scale, self._origin)
            traks.append(trak)
            longest = max(longest, duration)
        header = _with_time(
            descend(init.moov, b"mvhd"), movie_scale, longest, created=recorded_at(kept)
        )
        self._write(box(b"moov", box(b"mvhd", header), *traks, user_data(kept)))

    def _write(self, data: bytes) -> None:
        self._sink.write(data)
        self._position += len(data)


def _trak(track: Track, table: _TrackTable, movie_scale: int, origin: int) -> tuple[bytes, int]:
    """The track's box, and its duration in the movie's ticks."""
    samples = table.samples
    start = samples[0].time - origin * track.timescale
    media_duration = sum(_steps(samples))
    shown = media_duration + min(start, 0)
    shown_in_movie = shown * movie_scale // track.timescale
    edits = []
    if start > 0:
        edits.append((start * movie_scale // track.timescale, -1))
    edits.append((shown_in_movie, max(0, -start)))
    duration = sum(length for length, _ in edits)
    parts = []
    for part in boxes(track.trak):
        if part.kind == b"tkhd":
            parts += [box(b"tkhd", _with_track_duration(part.body, duration)), _edit_list(edits)]
        elif part.kind == b"mdia":
            parts.append(_mdia(part.body, track, table, media_duration))
    return box(b"trak", *parts), duration


def _edit_list(edits: Sequence[tuple[int, int]]) -> bytes:
    rows = (struct.pack(">QqI", length, media_time, 0x10000) for length, media_time in edits)
    return box(b"edts", full_box(b"elst", 1, 0, struct.pack(">I", len(edits)), *rows))


def _mdia(body: bytes, track: Track, table: _TrackTable, duration: int) -> bytes:
    parts = []
    for part in boxes(body):
        if part.kind == b"mdhd":
            parts.append(box(b"mdhd", _with_time(part.body, track.timescale, duration)))
        elif part.kind == b"minf":
            parts.append(box(b"minf", *(_minf_part(inner, track, table) for inner in
                                        boxes(part.body))))  # fmt: skip
        else:
            parts.append(box(*part))
    return box(b"mdia", *parts)


def _minf_part(part: Box, track: Track, table: _TrackTable) -> bytes:
    return _sample_table(track, table) if part.kind == b"stbl" else box(*part)


def _with_time(body: bytes, timescale: int, duration: int, *, created: int = 0) -> bytes:
    """An `mvhd` or `mdhd` of version 1 with this time scale and duration; no date but `created`."""
    rest = body[32:] if body[0] == 1 else body[20:]
    return struct.pack(">IQQIQ", 1 << 24, created, created, timescale, duration) + rest


def _with_track_duration(body: bytes, duration: int) -> bytes:
    """A `tkhd` of version 1 with this duration, and no dates."""
    (flags,) = struct.unpack_from(">I", body)
    at = 20 if body[0] == 1 else 12
    (number,) = struct.unpack_from(">I", body, at)
    rest = body[at + 16 :] if body[0] == 1 else body[at + 12 :]
    head = (1 << 24) | (flags & 0xFFFFFF)
    return struct.pack(">IQQIIQ", head, 0, 0, number, 0, duration) + rest


def _sample_table(track: Track, table: _TrackTable) -> bytes:
    samples = table.samples
    parts = [box(b"stsd", _anonymous(track)), _durations(samples)]
    if any(sample.shown != sample.time for sample in samples):
        parts.append(_composition(samples))
    if not all(sample.key for sample in samples):
        keys = [number for number, sample in enumerate(samples, 1) if sample.key]
        parts.append(full_box(b"stss", 0, 0, struct.pack(f">{len(keys) + 1}I", len(keys), *keys)))
    sizes = [sample.size for sample in samples]
    parts += [
        _chunk_lengths(table),
        full_box(b"stsz", 0, 0, struct.pack(f">{len(sizes) + 2}I", 0, len(sizes), *sizes)),
        _chunk_offsets(table),
    ]
    return box(b"stbl", *parts)


def _anonymous(track: Track) -> bytes:
    """The track's sample description, without the encoder's name (compressorname, 12.1.3)."""
    description = track.sample_description
    if track.handler != b"vide":
        return description
    return description[:_ENCODER_NAME] + bytes(32) + description[_ENCODER_NAME + 32 :]


def _steps(samples: Sequence[Sample]) -> list[int]:
    """From each sample to the next; the last one lasts as long as the one before it."""
    # Not the fragments' own durations: what lies between fragments counts too, and the last
    # one is an encoder's guess.
    steps = [later.time - sample.time for sample, later in pairwise(samples)]
    return [*steps, steps[-1] if steps else samples[-1].duration]


def _durations(samples: Sequence[Sample]) -> bytes:
    rows = [(len(list(equal)), step) for step, equal in groupby(_steps(samples))]
    return full_box(b"stts", 0, 0, struct.pack(">I", len(rows)), *(struct.pack(">2I", *row)
                                                                   for row in rows))  # fmt: skip


def _composition(samples: Sequence[Sample]) -> bytes:
    offsets = (sample.shown - sample.time for sample in samples)
    rows = [(len(list(equal)), offset) for offset, equal in groupby(offsets)]
    return full_box(b"ctts", 1, 0, struct.pack(">I", len(rows)), *(struct.pack(">Ii", *row)
                                                                   for row in rows))  # fmt: skip


def _chunk_lengths(table: _TrackTable) -> bytes:
    rows, last = [], None
    for number, (_, count) in enumerate(table.chunks, 1):
        if count != last:
            rows.append(struct.pack(">3I", number, count, 1))
            last = count
    return full_box(b"stsc", 0, 0, struct.pack(">I", len(rows)), *rows)


def _chunk_offsets(table: _TrackTable) -> bytes:
    offsets = [offset for offset, _ in table.chunks]
    if offsets[-1] <= _LARGEST_SHORT_OFFSET:
        return full_box(b"stco", 0, 0, struct.pack(f">{len(offsets) + 1}I", len(offsets), *offsets))
    return full_box(b"co64", 0, 0, struct.pack(f">I{len(offsets)}Q", len(offsets), *offsets))
