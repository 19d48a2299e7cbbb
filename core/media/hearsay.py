"""What a media child says, checked before it is believed: a clip may have taken the child over."""

from collections.abc import Mapping
from typing import Any

from core.media.errors import MediaFailed
from core.media.inside.timing import MAX_FRAMES

_LARGEST = 1 << 62
_LONGEST_NAME = 32
_FACTS: Mapping[str, type] = {
    "bit_depth": int,
    "codec": str,
    "container": str,
    "height": int,
    "interlaced": bool,
    "pixel_format": str,
    "rotation": int,
    "stored_height": int,
    "stored_width": int,
    "width": int,
}
_OPTIONAL_FACTS: Mapping[str, type] = {"keep_audio": bool, "ticks_per_second": int}


def checked_facts(said: object) -> dict[str, Any]:
    """The facts of a clip (core.media.inside.probing.describe). Raises MediaFailed."""
    if not isinstance(said, dict):
        raise _nonsense("facts")
    for name, kind in {**_FACTS, **_OPTIONAL_FACTS}.items():
        if name in said or name in _FACTS:
            _require(name, said.get(name), kind)
    for name in ("time_base", "sample_aspect"):
        numbers = said.get(name)
        if not (
            isinstance(numbers, list) and len(numbers) == 2 and all(map(_is_positive, numbers))
        ):
            raise _nonsense(name)
    if said["rotation"] not in (0, 90, 180, 270):
        raise _nonsense("rotation")
    if said.get("audio_codec") is not None:
        _require("audio_codec", said["audio_codec"], str)
    color = said.get("color")
    if not isinstance(color, dict) or not all(map(_is_number, color.values())):
        raise _nonsense("color")
    return said


def checked_times(said: object) -> list[int]:
    """A list of ticks. Raises MediaFailed."""
    if not isinstance(said, list) or not all(map(_is_number, said)):
        raise _nonsense("times")
    return said


def checked_pairs(said: object) -> list[tuple[int, int]]:
    """A list of (source pts, tick). Raises MediaFailed."""
    if not isinstance(said, list):
        raise _nonsense("times")
    pairs = [tuple(checked_times(pair)) for pair in said]
    if any(len(pair) != 2 for pair in pairs):
        raise _nonsense("times")
    return pairs  # type: ignore[return-value]  # of length two, as was just checked


def require_countable(frames: int) -> None:
    """Raises MediaFailed for more frames than any clip has: a child can talk without end."""
    if frames > MAX_FRAMES:
        raise MediaFailed(f"The media child told of more than {MAX_FRAMES:,} frames.")


def checked_damage(said: object) -> int:
    """How many packets did not decode, from the last message. Raises MediaFailed."""
    damaged = said.get("damaged") if isinstance(said, dict) else None
    if not _is_number(damaged):
        raise _nonsense("damaged")
    return int(damaged)  # type: ignore[arg-type]


def checked_thumbnail(said: object) -> int:
    """Frame number of the thumbnail that follows. Raises MediaFailed."""
    frame = said.get("thumbnail") if isinstance(said, dict) else None
    if not _is_number(frame):
        raise _nonsense("thumbnail")
    return int(frame)  # type: ignore[arg-type]


def _require(name: str, value: object, kind: type) -> None:
    fits = _is_positive(value) if kind is int and name != "rotation" else isinstance(value, kind)
    if not fits or (isinstance(value, str) and len(value) > _LONGEST_NAME):
        raise _nonsense(name)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST


def _is_positive(value: object) -> bool:
    return isinstance(value, int) and _is_number(value) and value > 0


def _nonsense(what: str) -> MediaFailed:
    return MediaFailed(f"The media child told nonsense about its clip ({what}).")
