"""Reads a fragmented MP4 as it streams by: which bytes hold which frame.

Of ISO/IEC 14496-12 only what ffmpeg writes with `empty_moov+default_base_moof`: sample data lie in
the `mdat` right after their `moof`, offsets count from the start of the `moof`.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from core.media.boxes import boxes, children, descend
from core.media.errors import MediaFailed

_FRAGMENT_LIMIT = 512 << 20
_OTHER_BOXES = (b"ftyp", b"mfra")
_NOT_A_KEY = 0x10000  # sample_is_non_sync_sample


class Defaults(NamedTuple):
    duration: int
    size: int
    flags: int


@dataclass(frozen=True, slots=True)
class Track:
    """A track as the init segment declares it. handler: b"vide" or b"soun"; trak: its raw box."""

    number: int
    handler: bytes
    timescale: int
    trak: bytes
    defaults: Defaults

    @property
    def sample_description(self) -> bytes:
        """Body of the first entry's `stsd` box."""
        return descend(self.trak, b"mdia", b"minf", b"stbl", b"stsd")


@dataclass(frozen=True, slots=True)
class Init:
    """The init segment: everything before the first fragment, `end` bytes of the file."""

    end: int
    moov: bytes
    tracks: tuple[Track, ...]

    @property
    def video(self) -> Track:
        for track in self.tracks:
            if track.handler == b"vide":
                return track
        raise MediaFailed("The encoded clip has no picture track.")


class Sample(NamedTuple):
    """offset: in the file. time: decode time in ticks; shown: when it is shown."""

    offset: int
    size: int
    time: int
    duration: int
    shown: int
    key: bool


class Run(NamedTuple):
    """Samples of one track that lie one after the other."""

    track: int
    samples: list[Sample]


@dataclass(frozen=True, slots=True)
class Fragment:
    """One moof and its mdat: bytes start..end of the file. media starts at media_start."""

    start: int
    end: int
    runs: list[Run]
    media_start: int
    media: bytes


class FragmentParser:
    """Feed it the file in pieces of any size; it hands out the init segment and each fragment."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._position = 0  # in the file, of the buffer's first byte
        self._init: Init | None = None
        self._moof: tuple[int, bytes] | None = None

    def feed(self, data: bytes) -> Iterator[Init | Fragment]:
        """Raises MediaFailed on what is no fragmented MP4."""
        self._buffer += data
        while (size := self._complete()) is not None:
            whole = bytes(self._buffer[:size])
            start = self._position
            del self._buffer[:size]
            self._position += size
            found = self._take(start, whole)
            if found is not None:
                yield found

    def finish(self) -> Init:
        """The init segment, when nothing is missing. Raises MediaFailed."""
        if self._buffer or self._moof is not None or self._init is None:
            raise MediaFailed("The encoder's output breaks off.")
        return self._init

    def _complete(self) -> int | None:
        """Size of the first box in the buffer when all of it is there."""
        if len(self._buffer) < 16:
            return len(self._buffer) if self._buffer[:4] == b"\0\0\0\x08" else None
        (size,) = struct.unpack_from(">I", self._buffer)
        if size == 1:
            (size,) = struct.unpack_from(">Q", self._buffer, 8)
        if not 8 <= size <= _FRAGMENT_LIMIT:
            raise MediaFailed("The encoder wrote a box of impossible size.")
        return size if len(self._buffer) >= size else None

    def _take(self, start: int, whole: bytes) -> Init | Fragment | None:
        ((kind, body),) = boxes(whole)
        end = start + len(whole)
        if kind == b"moov":
            self._init = Init(end, body, tuple(_tracks(body)))
            return self._init
        if kind == b"moof":
            self._moof = start, body
            return None
        if kind == b"mdat" and self._moof is not None and self._init is not None:
            moof_start, moof = self._moof
            self._moof = None
            runs = list(_runs(moof, moof_start, self._init))
            fragment = Fragment(moof_start, end, runs, end - len(body), body)
            _require_inside(fragment)
            return fragment
        if kind not in _OTHER_BOXES:
            raise MediaFailed(f"The encoder wrote a {kind!r} box, which has no place here.")
        return None


def _require_inside(fragment: Fragment) -> None:
    """All frames lie in the fragment, and nothing else: an encoder could write without end."""
    if sum(sample.size for run in fragment.runs for sample in run.samples) != len(fragment.media):
        raise MediaFailed("A fragment of the encoded clip holds bytes that belong to no frame.")
    for run in fragment.runs:
        for sample in run.samples:
            if sample.offset < fragment.media_start or sample.offset + sample.size > fragment.end:
                raise MediaFailed("A frame of the encoded clip lies outside its fragment.")


def _tracks(moov: bytes) -> Iterator[Track]:
    defaults = {}
    for trex in children(descend(moov, b"mvex"), b"trex"):
        number, _, duration, size, flags = struct.unpack_from(">5I", trex, 4)
        defaults[number] = Defaults(duration, size, flags)
    for trak in children(moov, b"trak"):
        header = descend(trak, b"tkhd")
        (number,) = struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)
        media = descend(trak, b"mdia", b"mdhd")
        (timescale,) = struct.unpack_from(">I", media, 20 if media[0] == 1 else 12)
        handler = descend(trak, b"mdia", b"hdlr")[8:12]
        yield Track(number, handler, timescale, trak, defaults.get(number, Defaults(0, 0, 0)))


def _runs(moof: bytes, moof_start: int, init: Init) -> Iterator[Run]:
    known = {track.number: track.defaults for track in init.tracks}
    for traf in children(moof, b"traf"):
        number, defaults = _header(descend(traf, b"tfhd"), known)
        decode_time = descend(traf, b"tfdt")
        (time,) = struct.unpack_from(">Q" if decode_time[0] == 1 else ">I", decode_time, 4)
        for trun in children(traf, b"trun"):
            samples = list(_samples(trun, moof_start, time, defaults))
            yield Run(number, samples)
            time += sum(sample.duration for sample in samples)


def _header(tfhd: bytes, known: dict[int, Defaults]) -> tuple[int, Defaults]:
    (flags,) = struct.unpack_from(">I", tfhd)
    (number,) = struct.unpack_from(">I", tfhd, 4)
    if flags & 0x1 or number not in known:
        raise MediaFailed("The encoded clip counts its offsets in a way that we do not use.")
    values = list(known[number])
    at = 8 + (4 if flags & 0x2 else 0)
    for position, flag in enumerate((0x8, 0x10, 0x20)):
        if flags & flag:
            (values[position],) = struct.unpack_from(">I", tfhd, at)
            at += 4
    return number, Defaults(*values)


def _samples(trun: bytes, base: int, time: int, defaults: Defaults) -> Iterator[Sample]:
    version_and_flags, count = struct.unpack_from(">2I", trun)
    at = 8
    offset, first_flags = base, None
    if version_and_flags & 0x1:
        offset += struct.unpack_from(">i", trun, at)[0]
        at += 4
    if version_and_flags & 0x4:
        (first_flags,) = struct.unpack_from(">I", trun, at)
        at += 4
    signed = version_and_flags >> 24 == 1
    present = [bool(version_and_flags & flag) for flag in (0x100, 0x200, 0x400, 0x800)]
    row = struct.Struct(">" + "".join("i" if signed and n == 3 else "I"
                                      for n, given in enumerate(present) if given))  # fmt: skip
    for number in range(count):
        given = iter(row.unpack_from(trun, at))
        at += row.size
        duration = next(given) if present[0] else defaults.duration
        size = next(given) if present[1] else defaults.size
        flags = next(given) if present[2] else defaults.flags
        if number == 0 and first_flags is not None:
            flags = first_flags
        shown = time + (next(given) if present[3] else 0)
        yield Sample(offset, size, time, duration, shown, not flags & _NOT_A_KEY)
        offset += size
        time += duration
