"""The reader of fragmented MP4 takes what ffmpeg writes, in any pieces, and nothing broken."""

import io
import struct
from contextlib import suppress
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.media.boxes import box, boxes, descend, full_box
from core.media.errors import MediaFailed
from core.media.fragments import Fragment, FragmentParser, Init
from core.media.movie import MovieWriter
from core.media.prepare import make_mezzanine
from tests.media_clips import clip_bytes


@cache
def mezzanine() -> bytes:
    sink = io.BytesIO()
    make_mezzanine(io.BytesIO(clip_bytes("variable.mp4")), sink)
    return sink.getvalue()


def parse(data: bytes, piece: int = 1 << 20) -> list[Init | Fragment]:
    parser, found = FragmentParser(), []
    for at in range(0, len(data), piece):
        found += parser.feed(data[at : at + piece])
    parser.finish()
    return found


@given(st.integers(1, 5000))
@settings(max_examples=20, deadline=None)
def test_the_size_of_the_pieces_makes_no_difference(piece):
    assert parse(mezzanine(), piece) == parse(mezzanine())


def test_init_and_fragments_lie_end_to_end():
    init, *fragments = parse(mezzanine())
    assert isinstance(init, Init)
    ends = [init.end, *(fragment.end for fragment in fragments)]
    assert [fragment.start for fragment in fragments] == ends[:-1]
    assert init.video.timescale == 12800
    assert sum(len(run.samples) for fragment in fragments for run in fragment.runs) == 30


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_broken_output_is_an_error_or_changes_what_is_read_never_a_crash(data):
    broken = bytearray(mezzanine())
    at = data.draw(st.integers(0, min(len(broken), 3000) - 1))
    broken[at] ^= data.draw(st.integers(1, 255))
    with suppress(MediaFailed):
        assert isinstance(parse(bytes(broken))[0], Init)


@pytest.mark.parametrize("cut", [0, 5, 700, 2000])
def test_an_output_that_breaks_off_is_an_error(cut):
    with pytest.raises(MediaFailed):
        parse(mezzanine()[:cut])


def test_boxes_must_not_overrun():
    assert [item.kind for item in boxes(box(b"abcd", b"x") + box(b"efgh"))] == [b"abcd", b"efgh"]
    large = struct.pack(">I4sQ", 1, b"wide", 20) + b"body"
    assert list(boxes(large)) == [(b"wide", b"body")]
    for broken in (b"\0\0\0\x09abcd", b"\0\0\0\x04abcd", b"\0\0\0"):
        with pytest.raises(MediaFailed):
            list(boxes(broken))
    with pytest.raises(MediaFailed, match="moov"):
        descend(box(b"free"), b"moov")


def test_a_full_box_starts_with_version_and_flags():
    assert full_box(b"abcd", 1, 0x0203, b"x") == b"\0\0\0\x0dabcd\x01\0\x02\x03x"


class Counting(io.RawIOBase):
    """A sink that keeps the last bytes only: the writer must never need to go back."""

    def __init__(self) -> None:
        super().__init__()
        self.tail = b""

    def write(self, data, /):
        self.tail = bytes(data)
        return len(data)


def test_a_movie_beyond_four_gigabytes_has_wide_offsets():
    init, *fragments = parse(mezzanine())
    sink = Counting()
    movie = MovieWriter(sink)
    movie.start(init)
    movie.add(fragments[0])
    movie._position += 5 << 30  # as if so much media lay between
    for fragment in fragments[1:]:
        movie.add(fragment)
    movie.finish()
    table = descend(sink.tail, b"moov", b"trak", b"mdia", b"minf", b"stbl")
    offsets = struct.unpack(">2Q", descend(table, b"co64")[8:])
    assert offsets[1] > 5 << 30
    assert not [item for item in boxes(table) if item.kind == b"stco"]


def test_an_encoder_cannot_write_without_end():
    """What belongs to no frame would fill the store: unknown boxes, and padding between frames."""
    init, first, *_ = parse(mezzanine())
    head = mezzanine()[: init.end]
    with pytest.raises(MediaFailed, match="no place here"):
        parse(head + box(b"free", bytes(1000)))
    moof = mezzanine()[first.start : first.media_start - 8]
    with pytest.raises(MediaFailed, match="belong to no frame"):
        parse(head + moof + box(b"mdat", first.media, bytes(1000)))
