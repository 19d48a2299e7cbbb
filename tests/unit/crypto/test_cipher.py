"""The footage cipher keeps its promises on every size, cut and mix-up."""

import io
import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.crypto.cipher import (
    DecryptingReader,
    EncryptingWriter,
    HashingSink,
    SegmentOpener,
    SegmentSealer,
    StreamHeader,
)
from core.crypto.segments import HEADER_LENGTH, KIBIBYTES_4, MEBIBYTE, TAG_LENGTH, Layout
from core.errors import IntegrityFailed

SMALL = Layout(KIBIBYTES_4)
AAD = b"tenant/object/1"
BOUNDARY_SIZES = [
    0,
    1,
    SMALL.capacity(0) - 1,
    SMALL.capacity(0),
    SMALL.capacity(0) + 1,
    SMALL.start(2) - 1,
    SMALL.start(2),
    SMALL.start(2) + 1,
    5 * KIBIBYTES_4 + 123,
]


class Bytes:
    """Ciphertext in memory, as a ByteSource."""

    def __init__(self, raw):
        self.raw = raw

    @property
    def size(self):
        return len(self.raw)

    def pread(self, offset, length):
        return self.raw[offset : offset + length]


def encrypt(dek, plaintext, aad=AAD, layout=SMALL, pieces=None):
    sink = io.BytesIO()
    with EncryptingWriter(dek, sink, aad, layout=layout) as writer:
        at = 0
        for piece in pieces or [len(plaintext)]:
            writer.write(plaintext[at : at + piece])
            at += piece
        writer.write(plaintext[at:])
    return sink.getvalue()


def read(dek, ciphertext, aad=AAD, layout=SMALL):
    return DecryptingReader(dek, Bytes(ciphertext), aad, layout=layout).read()


@pytest.fixture
def dek():
    return os.urandom(32)


@pytest.mark.parametrize("size", BOUNDARY_SIZES)
def test_what_is_written_is_read(dek, size):
    plaintext = os.urandom(size)
    ciphertext = encrypt(dek, plaintext)
    assert len(ciphertext) == SMALL.ciphertext_size(size)
    reader = DecryptingReader(dek, Bytes(ciphertext), AAD, layout=SMALL)
    assert reader.size == size
    assert reader.read() == plaintext


@given(
    plaintext=st.binary(max_size=4 * KIBIBYTES_4),
    pieces=st.lists(st.integers(0, 2 * KIBIBYTES_4), max_size=8),
)
@settings(deadline=None)
def test_the_sizes_of_writes_change_nothing(plaintext, pieces):
    dek = bytes(range(32))
    assert read(dek, encrypt(dek, plaintext, pieces=pieces)) == plaintext


@given(size=st.integers(0, 10 * KIBIBYTES_4), data=st.data())
@settings(deadline=None)
def test_any_range_is_the_same_as_slicing(size, data):
    dek, plaintext = os.urandom(32), random.Random(size).randbytes(size)
    reader = DecryptingReader(dek, Bytes(encrypt(dek, plaintext)), AAD, layout=SMALL)
    for _ in range(5):
        offset = data.draw(st.integers(0, size + 10))
        length = data.draw(st.integers(0, size + 10))
        assert reader.pread(offset, length) == plaintext[offset : offset + length]
        reader.seek(offset)
        buffer = bytearray(length)
        count = reader.readinto(buffer)
        assert bytes(buffer[:count]) == plaintext[offset : offset + length]
        assert reader.tell() == offset + count


@given(plaintext=st.integers(0, 1 << 45), segment=st.sampled_from([KIBIBYTES_4, MEBIBYTE]))
def test_sizes_can_be_computed_both_ways(plaintext, segment):
    layout = Layout(segment)
    ciphertext = layout.ciphertext_size(plaintext)
    assert layout.plaintext_size(ciphertext) == plaintext
    last = layout.count(plaintext) - 1
    start, length = layout.extent(last, ciphertext)
    assert start + length == ciphertext
    index, inner = layout.find(plaintext)
    assert layout.start(index) + inner == plaintext
    assert 0 <= inner < layout.capacity(index)


@pytest.mark.parametrize("size", [1, 100, SMALL.capacity(0), 3 * KIBIBYTES_4 + 5])
def test_cut_anywhere_it_does_not_open(dek, size):
    ciphertext = encrypt(dek, os.urandom(size))
    cuts = {0, 1, HEADER_LENGTH - 1, HEADER_LENGTH, HEADER_LENGTH + TAG_LENGTH, len(ciphertext) - 1}
    cuts |= {i * KIBIBYTES_4 for i in range(1, 4)}
    cuts |= {random.Random(size).randrange(len(ciphertext)) for _ in range(30)}
    for cut in (c for c in cuts if c < len(ciphertext)):
        with pytest.raises(IntegrityFailed):
            read(dek, ciphertext[:cut])


def test_an_appended_tail_does_not_open(dek):
    ciphertext = encrypt(dek, os.urandom(2 * KIBIBYTES_4))
    for tail in (b"\0", bytes(TAG_LENGTH), bytes(KIBIBYTES_4)):
        with pytest.raises(IntegrityFailed):
            read(dek, ciphertext + tail)


def test_a_truncated_object_never_passes_as_empty(dek):
    ciphertext = encrypt(dek, os.urandom(10))
    with pytest.raises(IntegrityFailed):
        read(dek, ciphertext[: HEADER_LENGTH + TAG_LENGTH])


@given(position=st.integers(0, 2 * KIBIBYTES_4 + 500), bit=st.integers(0, 7))
@settings(deadline=None)
def test_any_changed_bit_is_found(position, bit):
    dek = bytes(32)
    plaintext = bytes(2 * KIBIBYTES_4)
    ciphertext = bytearray(encrypt(dek, plaintext))
    ciphertext[position % len(ciphertext)] ^= 1 << bit
    with pytest.raises(IntegrityFailed):
        read(dek, bytes(ciphertext))


def test_a_wrong_key_or_context_does_not_open(dek):
    ciphertext = encrypt(dek, b"a frame")
    with pytest.raises(IntegrityFailed):
        read(os.urandom(32), ciphertext)
    with pytest.raises(IntegrityFailed):
        read(dek, ciphertext, aad=b"tenant/another object/1")


def test_swapped_segments_do_not_open(dek):
    raw = encrypt(dek, os.urandom(5 * KIBIBYTES_4))
    pieces = [raw[i : i + KIBIBYTES_4] for i in range(0, len(raw), KIBIBYTES_4)]
    swapped = b"".join([pieces[0], pieces[2], pieces[1], *pieces[3:]])
    with pytest.raises(IntegrityFailed):
        read(dek, swapped)


def test_a_segment_of_another_stream_does_not_open(dek):
    one = encrypt(dek, os.urandom(3 * KIBIBYTES_4))
    other = encrypt(dek, os.urandom(3 * KIBIBYTES_4))
    mixed = one[:KIBIBYTES_4] + other[KIBIBYTES_4 : 2 * KIBIBYTES_4] + one[2 * KIBIBYTES_4 :]
    with pytest.raises(IntegrityFailed):
        read(dek, mixed)


def test_a_source_that_loses_bytes_is_an_integrity_failure(dek):
    class Short(Bytes):
        def pread(self, offset, length):
            return super().pread(offset, length)[:-1] if offset else super().pread(offset, length)

    with pytest.raises(IntegrityFailed):
        DecryptingReader(dek, Short(encrypt(dek, b"x")), AAD, layout=SMALL)


def test_two_streams_of_the_same_bytes_share_nothing(dek):
    one, other = encrypt(dek, bytes(5000)), encrypt(dek, bytes(5000))
    assert StreamHeader.decode(one[:40]) != StreamHeader.decode(other[:40])
    assert one[40:100] != other[40:100]


def test_a_sealer_never_goes_back(dek):
    sealer = SegmentSealer(dek, AAD, layout=SMALL)
    sealer.seal(bytes(SMALL.capacity(0)), last=False)
    sealer.seal(b"end", last=True)
    with pytest.raises(ValueError, match="ended"):
        sealer.seal(b"more", last=True)


@pytest.mark.parametrize(
    ("size", "last"), [(SMALL.capacity(0) + 1, True), (SMALL.capacity(0) - 1, False)]
)
def test_a_segment_of_the_wrong_size_is_refused(dek, size, last):
    with pytest.raises(ValueError, match="takes"):
        SegmentSealer(dek, AAD, layout=SMALL).seal(bytes(size), last=last)


def test_a_stream_goes_on_where_it_stopped(dek):
    plaintext = os.urandom(SMALL.capacity(0) + 77)
    first = SegmentSealer(dek, AAD, layout=SMALL)
    head = first.header.encode() + bytes(first.seal(plaintext[: SMALL.capacity(0)], last=False))
    second = SegmentSealer(dek, AAD, layout=SMALL, header=first.header, next_index=1)
    tail = bytes(second.seal(plaintext[SMALL.capacity(0) :], last=True))
    assert read(dek, head + tail) == plaintext


def test_going_on_without_the_header_is_refused(dek):
    with pytest.raises(ValueError, match="header"):
        SegmentSealer(dek, AAD, next_index=1)


def test_a_block_left_by_an_error_is_not_sealed(dek):
    sink = io.BytesIO()

    def decode():
        with EncryptingWriter(dek, sink, AAD, layout=SMALL) as writer:
            writer.write(bytes(6000))
            raise RuntimeError("the decoder died")

    with pytest.raises(RuntimeError):
        decode()
    with pytest.raises(IntegrityFailed):
        read(dek, sink.getvalue())


def test_closed_streams_refuse(dek):
    writer = EncryptingWriter(dek, io.BytesIO(), AAD)
    assert writer.writable()
    assert writer.tell() == 0
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"x")
    closed = []
    reader = DecryptingReader(
        dek, Bytes(encrypt(dek, b"x")), AAD, layout=SMALL, on_close=lambda: closed.append(1)
    )
    reader.close()
    reader.close()
    assert closed == [1]
    with pytest.raises(ValueError, match="closed"):
        reader.pread(0, 1)


def test_the_reader_is_a_file_object(dek):
    reader = DecryptingReader(dek, Bytes(encrypt(dek, b"0123456789")), AAD, layout=SMALL)
    assert reader.readable()
    assert reader.seekable()
    assert reader.seek(-3, io.SEEK_END) == 7
    assert reader.read() == b"789"
    assert reader.seek(2) == 2
    assert reader.seek(1, io.SEEK_CUR) == 3
    assert reader.read(2) == b"34"
    assert reader.readall() == b"56789"
    with pytest.raises(ValueError, match="before"):
        reader.seek(-1)
    with pytest.raises(ValueError, match="negative"):
        reader.pread(-1, 2)
    assert io.BufferedReader(reader).read() == b""


def test_a_key_of_the_wrong_length_is_refused():
    with pytest.raises(IntegrityFailed):
        EncryptingWriter(b"short", io.BytesIO(), AAD)


def test_a_header_that_is_none_is_refused():
    with pytest.raises(IntegrityFailed):
        StreamHeader.decode(bytes(HEADER_LENGTH))


def test_a_segment_shorter_than_its_tag_is_refused(dek):
    opener = SegmentOpener(dek, AAD, header=StreamHeader.fresh(), layout=SMALL)
    with pytest.raises(IntegrityFailed):
        opener.open(0, b"short", last=True)


def test_a_hashing_sink_knows_what_passed():
    import hashlib

    sink = HashingSink(io.BytesIO())
    sink.write(memoryview(b"abc"))
    sink.write(memoryview(b"def"))
    assert sink.digest() == hashlib.sha256(b"abcdef").digest()
    assert sink.size == 6


def test_the_default_is_one_mebibyte(dek):
    plaintext = os.urandom(2 * MEBIBYTE + 9)
    layout = Layout()
    ciphertext = encrypt(dek, plaintext, layout=layout)
    reader = DecryptingReader(dek, Bytes(ciphertext), AAD)
    assert reader.pread(MEBIBYTE - 100, 200) == plaintext[MEBIBYTE - 100 : MEBIBYTE + 100]
    assert reader.read() == plaintext
