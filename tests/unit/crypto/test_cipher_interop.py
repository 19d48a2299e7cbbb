"""Anyone's Tink reads what we write, and we read what Tink writes."""

import io
import os
import random

import pytest

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
    layout = Layout(segment)
    ends = [layout.start(i) for i in (1, 2, 3)]
    near = [end + step for end in ends for step in (-1, 0, 1)]
    seeded = random.Random(segment)
    return [0, 1, segment, *near, *(seeded.randrange(5 * segment) for _ in range(4))]


@pytest.mark.parametrize("segment", [KIBIBYTES_4, MEBIBYTE])
def test_ours_and_tinks_streams_are_each_others(segment):
    layout, dek = Layout(segment), os.urandom(32)
    primitive = tink_primitive(dek, segment)
    for size in sizes(segment):
        plaintext = os.urandom(size)
        sink = io.BytesIO()
        with EncryptingWriter(dek, sink, AAD, layout=layout) as writer:
            writer.write(plaintext)
        ours, theirs = sink.getvalue(), tink_encrypt(primitive, plaintext, AAD)
        assert tink_decrypt(primitive, ours, AAD) == plaintext
        reader = DecryptingReader(dek, Bytes(theirs), AAD, layout=layout)
        assert reader.size == size
        assert reader.read() == plaintext
        assert len(ours) == len(theirs)
        start = size // 3
        assert reader.pread(start, 100) == plaintext[start : start + 100]


def test_tinks_stream_under_another_context_is_refused():
    dek = os.urandom(32)
    theirs = tink_encrypt(tink_primitive(dek, KIBIBYTES_4), b"a frame", AAD)
    with pytest.raises(IntegrityFailed):
        DecryptingReader(dek, Bytes(theirs), b"other", layout=Layout(KIBIBYTES_4))
