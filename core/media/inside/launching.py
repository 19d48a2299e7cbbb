"""Becomes ffmpeg: the only child that may execute a file, and that one only."""

import os
from typing import NoReturn

from core.media.inside.channel import Channel, Source


def launch(_channel: Channel, _source: Source, *, program: int, arguments: list[str]) -> NoReturn:
    """Execute the open file `program`; the line to the parent closes with it, which says: done."""
    os.execve(program, arguments, {})  # noqa: S606  that is what this child is for
