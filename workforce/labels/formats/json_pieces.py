"""A large JSON object read in pieces: the items of its lists one at a time, each with its line."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from core.errors import Invalid

CHUNK = 1 << 16
#: Characters of one item. A polygon of 2,000 points takes a twentieth of it.
MAX_PIECE = 4 << 20
BLANK = " \t\n\r"

_decoder = json.JSONDecoder()


def pieces(stream: BinaryIO) -> Iterator[tuple[str, Any, int]]:
    """Give (member, item, line) for each item of a member that is a list, else for its value.

    Raises Invalid naming the line for what is no JSON object, and for an item of over 4 MB.
    """
    reader = _Reader(stream)
    reader.expect("{")
    if reader.accept("}"):
        return
    while True:
        key = reader.value()
        if not isinstance(key, str):
            raise reader.refuse("a member's name is a text")
        reader.expect(":")
        if reader.accept("["):
            yield from ((key, item, line) for item, line in _items(reader))
        else:
            line = reader.line()
            yield key, reader.value(), line
        if not reader.accept(","):
            break
    reader.expect("}")


def _items(reader: _Reader) -> Iterator[tuple[Any, int]]:
    if reader.accept("]"):
        return
    while True:
        line = reader.line()
        yield reader.value(), line
        if not reader.accept(","):
            break
    reader.expect("]")


class _Reader:
    """The text that was read and not used yet, and how many lines went before."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._text = ""
        self._at = 0
        self._counted = 0
        self._line = 1
        self._ended = False

    def refuse(self, why: str) -> Invalid:
        line = self._count()
        return Invalid(
            f"Line {line} is not JSON as expected ({why}); export the file again.",
            field=f"line {line}",
        )

    def line(self) -> int:
        """The line of the next item."""
        self._peek()
        return self._count()

    def accept(self, sign: str) -> bool:
        found = self._peek() == sign
        self._at += found
        return found

    def expect(self, sign: str) -> None:
        if not self.accept(sign):
            raise self.refuse(f"{sign!r} should stand here")

    def value(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = _decoder.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise self.refuse("it is nested too deep") from error
            except ValueError as error:
                if self._ended:
                    raise self.refuse(str(error).partition(":")[0].lower()) from error
            else:
                # A number that ends with the text may go on in the next part.
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            if len(self._text) - self._at > MAX_PIECE:
                raise self.refuse("one item is over 4 MB, or it is broken")
            # Twice as much each time, so that a long item is not tried a thousand times.
            self._more(max(CHUNK, len(self._text) - self._at))

    def _peek(self) -> str:
        """The next character that is not blank, without using it; "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in BLANK:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._more(CHUNK)

    def _count(self) -> int:
        """The line of the next character; each part of the text is counted once."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _more(self, size: int) -> None:
        self._count()
        self._text, self._at, self._counted = self._text[self._at :], 0, 0
        data = self._stream.read(size)
        self._ended = not data
        try:
            self._text += self._decode(data, self._ended)
        except UnicodeDecodeError as error:
            raise self.refuse("it is not UTF-8") from error
