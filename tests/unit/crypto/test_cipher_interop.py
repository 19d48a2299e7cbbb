"""Anyone's Tink reads what we write, and we read what Tink writes."""

import io
import os
import random

import pytest
from tink import TinkError

from core.crypto.cipher import DecryptingReader, EncryptingWriter
from core.crypto.segments import KIBIBYTES_4, MEBIBYTE, Layout
from core.errors import IntegrityFailed
from tests.unit.crypto.tink_stream import tink_decrypt, tink_encrypt, tink_primitive

AAD = b"tenant/object/1"


class Bytes:
    def __init__(self, raw):
        self.raw = raw

    @property
    def size(self):
        return len(self.raw)

    def pread(self, offset, length):
        return self.raw[offset : offset + length]


def sizes(segment):
    """Nothing, one byte, both sides of each border (of a segment's plaintext and of its bytes)."""
    layout = Layout(segment)
    ends = [layout.start(i) for i in (1, 2, 3)] + [segment]
    near = [end + step for end in ends for step in (-1, 0, 1)]
    seeded = random.Random(segment)
    return [0, 1, *near, *(seeded.randrange(5 * segment) for _ in range(4))]


def ours(dek, plaintext, segment, aad=AAD):
    sink = io.BytesIO()
    with EncryptingWriter(dek, sink, aad, layout=Layout(segment)) as writer:
        writer.write(plaintext)
    return sink.getvalue()


def read(dek, ciphertext, segment, aad=AAD):
    return DecryptingReader(dek, Bytes(ciphertext), aad, layout=Layout(segment)).read()


def cuts(segment, length):
    """Each kind of place at which a stream can end too early, by name."""
    tag = 16
    places = {
        "nothing is left": [0],
        "in the header": [1, 20, 39],
        "after the header": [40],
        "in the first segment": [41, 40 + tag - 1, 40 + tag, segment // 2],
        "in a tag": [segment - tag + 1, segment - 1, 2 * segment - tag + 1, length - tag + 1],
        "between data and tag": [segment - tag, length - tag],
        "at a border": [segment, 2 * segment],
        "one byte after a border": [segment + 1, 2 * segment + 1],
        "a border and a tag": [segment + tag, 2 * segment + tag],
        "inside a segment": [segment + segment // 3, 2 * segment + segment // 2],
        "before the last segment": [length - length % segment],
        "one byte short": [length - 1],
    }
    return [(name, at) for name, each in places.items() for at in each]


@pytest.fixture(params=[KIBIBYTES_4, MEBIBYTE], ids=["4 KiB", "1 MiB"])
def segment(request):
    return request.param


def test_ours_and_tinks_streams_are_each_others(segment):
    dek = os.urandom(32)
    primitive = tink_primitive(dek, segment)
    for size in sizes(segment):
        plaintext = os.urandom(size)
        mine, theirs = ours(dek, plaintext, segment), tink_encrypt(primitive, plaintext, AAD)
        assert tink_decrypt(primitive, mine, AAD) == plaintext
        reader = DecryptingReader(dek, Bytes(theirs), AAD, layout=Layout(segment))
        assert reader.size == size
        assert reader.read() == plaintext
        assert len(mine) == len(theirs)


def test_any_range_of_tinks_stream_is_read(segment):
    dek, seeded = os.urandom(32), random.Random(segment)
    plaintext = seeded.randbytes(5 * segment + 123)
    theirs = tink_encrypt(tink_primitive(dek, segment), plaintext, AAD)
    reader = DecryptingReader(dek, Bytes(theirs), AAD, layout=Layout(segment))
    for _ in range(200):
        offset, length = seeded.randrange(len(plaintext)), seeded.randrange(2 * segment)
        if seeded.random() < 0.3:  # around a border
            offset = max(0, Layout(segment).start(seeded.randrange(1, 6)) - 3)
            length = seeded.randrange(7)
        assert reader.pread(offset, length) == plaintext[offset : offset + length]


def test_whoever_cuts_a_stream_neither_of_us_takes_it_for_whole(segment):
    """A cut stream is refused by our reader; Tink's reader refuses ours at the same places."""
    dek = os.urandom(32)
    primitive = tink_primitive(dek, segment)
    plaintext = os.urandom(3 * segment + 77)
    mine, theirs = ours(dek, plaintext, segment), tink_encrypt(primitive, plaintext, AAD)
    assert len(mine) % segment > 16
    for name, at in cuts(segment, len(mine)):
        for stream in (mine, theirs):
            with pytest.raises(IntegrityFailed):
                pytest.fail(f"{name}: {len(read(dek, stream[:at], segment))} bytes were taken")
        with pytest.raises(TinkError):
            pytest.fail(f"{name}: Tink took {len(tink_decrypt(primitive, mine[:at], AAD))} bytes")


def test_a_small_stream_cut_at_every_byte_is_refused():
    """Of one segment and of three: no length passes but the right one."""
    dek = os.urandom(32)
    for size in (0, 1, 300, 2 * KIBIBYTES_4 + 9):
        stream = tink_encrypt(tink_primitive(dek, KIBIBYTES_4), os.urandom(size), AAD)
        for at in range(len(stream)):
            with pytest.raises(IntegrityFailed):
                read(dek, stream[:at], KIBIBYTES_4)


def test_moved_segments_are_refused_by_both(segment):
    dek = os.urandom(32)
    primitive = tink_primitive(dek, segment)
    plaintext = os.urandom(4 * segment)
    mine, theirs = ours(dek, plaintext, segment), tink_encrypt(primitive, plaintext, AAD)
    for stream, other in ((mine, theirs), (theirs, mine)):
        parts = [stream[i : i + segment] for i in range(0, len(stream), segment)]
        foreign = other[segment : 2 * segment]
        for moved in (
            [parts[0], parts[2], parts[1], *parts[3:]],
            [parts[0], parts[1], parts[1], *parts[3:]],
            [parts[0], foreign, *parts[2:]],
            [parts[0], *parts[2:]],
            [*parts[:-1], parts[1], parts[-1]],
        ):
            with pytest.raises(IntegrityFailed):
                read(dek, b"".join(moved), segment)
            with pytest.raises(TinkError):
                tink_decrypt(primitive, b"".join(moved), AAD)


def test_under_another_context_or_key_nothing_opens(segment):
    dek = os.urandom(32)
    primitive = tink_primitive(dek, segment)
    mine, theirs = ours(dek, b"a frame", segment), tink_encrypt(primitive, b"a frame", AAD)
    for stream in (mine, theirs):
        for aad in (b"tenant/object/2", b"", AAD + b"\0"):
            with pytest.raises(IntegrityFailed):
                read(dek, stream, segment, aad)
            with pytest.raises(TinkError):
                tink_decrypt(primitive, stream, aad)
        with pytest.raises(IntegrityFailed):
            read(os.urandom(32), stream, segment)
        with pytest.raises(TinkError):
            tink_decrypt(tink_primitive(os.urandom(32), segment), stream, AAD)


def test_the_size_of_segments_is_part_of_the_stream():
    dek = os.urandom(32)
    stream = ours(dek, os.urandom(3 * KIBIBYTES_4), KIBIBYTES_4)
    with pytest.raises(IntegrityFailed):
        read(dek, stream, MEBIBYTE)
    with pytest.raises(TinkError):
        tink_decrypt(tink_primitive(dek, MEBIBYTE), stream, AAD)
