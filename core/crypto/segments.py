"""Where each byte of a stream lies: the arithmetic of Tink's AES256_GCM_HKDF streaming format.

`len(1) | salt(32) | nonce prefix(7)`, then AES-256-GCM segments. The first segment shares its
space with the header, so every segment ends at a multiple of the segment size. Offsets follow from
the sizes alone: a range read needs no index, and S3 parts align with segments.
"""

from dataclasses import dataclass
from typing import Final

from core.errors import IntegrityFailed

SALT_LENGTH: Final = 32
PREFIX_LENGTH: Final = 7
HEADER_LENGTH: Final = 1 + SALT_LENGTH + PREFIX_LENGTH
TAG_LENGTH: Final = 16
MEBIBYTE: Final = 1 << 20
KIBIBYTES_4: Final = 1 << 12
# The segment index has four bytes in the nonce.
MAX_SEGMENTS: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes and offsets, in bytes, for one ciphertext segment size."""

    segment: int = MEBIBYTE

    def capacity(self, index: int) -> int:
        """Plaintext bytes that segment `index` holds when it is full."""
        return self.segment - TAG_LENGTH - (HEADER_LENGTH if index == 0 else 0)

    def start(self, index: int) -> int:
        """Plaintext offset at which segment `index` begins."""
        return 0 if index == 0 else index * self.capacity(1) - HEADER_LENGTH

    def find(self, offset: int) -> tuple[int, int]:
        """Segment that holds plaintext `offset`, and the place within its plaintext."""
        index = (offset + HEADER_LENGTH) // self.capacity(1)
        return index, offset - self.start(index)

    def count(self, plaintext: int) -> int:
        """Segments of a stream of `plaintext` bytes: at least one, none empty but an only one."""
        return 1 if plaintext == 0 else self.find(plaintext - 1)[0] + 1

    def ciphertext_size(self, plaintext: int) -> int:
        """Bytes of the whole stream, header included, for `plaintext` bytes."""
        return HEADER_LENGTH + plaintext + TAG_LENGTH * self.count(plaintext)

    def plaintext_size(self, ciphertext: int) -> int:
        """Bytes of plaintext in a stream of `ciphertext` bytes.

        Raises IntegrityFailed when no stream has that length.
        """
        segments = -(-ciphertext // self.segment)
        plaintext = ciphertext - HEADER_LENGTH - TAG_LENGTH * segments
        if plaintext < 0 or self.ciphertext_size(plaintext) != ciphertext:
            raise IntegrityFailed("The encrypted object is cut short: its length cannot be right.")
        return plaintext

    def extent(self, index: int, ciphertext: int) -> tuple[int, int]:
        """Offset and length of segment `index` in a stream of `ciphertext` bytes."""
        start = HEADER_LENGTH if index == 0 else index * self.segment
        return start, min((index + 1) * self.segment, ciphertext) - start
