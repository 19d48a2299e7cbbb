"""Fewer keyframes for the same motion, so that an imported track can be edited by hand.

Files such as MOTChallenge give a box for every frame; kept as they are, each frame would be a
keyframe and a correction would change one frame only.
"""

from __future__ import annotations

from collections.abc import Sequence

from workforce.labels.tracks import Keyframe

# Files carry two or three decimals; a box this far off is the same box.
TOLERANCE_PIXELS = 0.005


def simplify(
    keyframes: Sequence[Keyframe], tolerance: float = TOLERANCE_PIXELS
) -> tuple[Keyframe, ...]:
    """Drop box keyframes that interpolation gives back within `tolerance` pixels.

    Keyframes where a flag changes, around gaps and at both ends stay. Boxes of 4 numbers only.
    """
    kept: list[Keyframe] = []
    position = 0
    while position < len(keyframes):
        kept.append(keyframes[position])
        position = _reach(keyframes, position, tolerance)
    return tuple(kept)


def _reach(keyframes: Sequence[Keyframe], start: int, tolerance: float) -> int:
    """Position of the next keyframe to keep after `start`.

    The slopes that still pass every skipped box within the tolerance are narrowed step by step,
    so that the whole pass is linear in the number of keyframes.
    """
    left = keyframes[start]
    lows, highs = [float("-inf")] * 4, [float("inf")] * 4
    last_good = start + 1
    for position in range(start + 1, len(keyframes)):
        right = keyframes[position]
        steps = right.frame - left.frame
        if not _continues(left, keyframes[position - 1], right):
            break
        slopes = [(b - a) / steps for a, b in zip(left.geometry, right.geometry, strict=True)]
        if all(low <= slope <= high for low, slope, high in zip(lows, slopes, highs, strict=True)):
            last_good = position
        lows = [max(low, s - tolerance / steps) for low, s in zip(lows, slopes, strict=True)]
        highs = [min(high, s + tolerance / steps) for high, s in zip(highs, slopes, strict=True)]
        if any(low > high for low, high in zip(lows, highs, strict=True)):
            break
    return last_good


def _continues(left: Keyframe, before: Keyframe, right: Keyframe) -> bool:
    """Whether the stretch from `left` may go on through `before` to `right`.

    A change of flags must stay a keyframe, so it may only be the end of a stretch.
    """
    return (
        before.flags == left.flags
        and len(right.geometry) == len(left.geometry) == 4
        and not left.outside
    )
