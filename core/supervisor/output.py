"""The parts' lines on one terminal, each under its part's name."""

import codecs

from rich.console import Console
from rich.text import Text

_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "red")


class Lines:
    """Prints whole lines; keeps an unfinished one until the rest arrives."""

    def __init__(self, console: Console, names: list[str]) -> None:
        self._console = console
        self._width = max(map(len, names), default=0)
        self._colour = {
            name: _COLOURS[index % len(_COLOURS)] for index, name in enumerate(sorted(names))
        }
        self._unfinished: dict[str, str] = {}
        self._decoder = {name: codecs.getincrementaldecoder("utf-8")("replace") for name in names}

    def say(self, name: str, line: str) -> None:
        """Print one line under `name`."""
        prefix = Text(f"{name:>{self._width}} | ", style=self._colour.get(name, "bold"))
        self._console.print(prefix.append_text(Text.from_ansi(line)), soft_wrap=True)

    def feed(self, name: str, chunk: bytes) -> None:
        """Take what a part wrote; an empty chunk ends it and prints an unfinished line."""
        decoded = self._decoder[name].decode(chunk, final=not chunk)
        *lines, rest = (self._unfinished.pop(name, "") + decoded).split("\n")
        if not chunk and rest:
            lines, rest = [*lines, rest], ""
        self._unfinished[name] = rest
        for line in lines:
            self.say(name, line.rstrip("\r"))
