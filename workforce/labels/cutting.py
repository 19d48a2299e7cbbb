"""The part of a track or an event that lies in a range of frames."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from uuid import UUID

from workforce.labels.interpolation import shape_at
from workforce.labels.ontology import Scalar
from workforce.labels.spans import Span
from workforce.labels.tracks import Changes, Flag, Keyframe, Track


def cut_track(track: Track, start: int, end: int) -> Track | None:
    """What is seen of the track in frames start to end; None where it is not seen at all.

    A shape that moves across an end of the range gets a keyframe there, so that each frame in
    between looks as before.
    """
    keyframes = [keyframe for keyframe in track.keyframes if start <= keyframe.frame <= end]
    if not keyframes or keyframes[0].frame > start:
        first = _keyframe_at(track, start)
        keyframes = [first, *keyframes] if first else keyframes
    if not keyframes or all(keyframe.outside for keyframe in keyframes):
        return None
    if keyframes[-1].frame < min(end, track.keyframes[-1].frame):
        last = _keyframe_at(track, end)
        keyframes = [*keyframes, last] if last else keyframes
    attributes = {key: _cut_value(value, start, end) for key, value in track.attributes.items()}
    return replace(track, attributes=attributes, keyframes=tuple(keyframes))


def _keyframe_at(track: Track, frame: int) -> Keyframe | None:
    shape = shape_at(track, frame)
    if shape is None:
        return None
    return Keyframe(frame, Flag.OCCLUDED if shape.occluded else Flag(0), shape.geometry)


def _cut_value(value: Scalar | Changes, start: int, end: int) -> Scalar | Changes:
    if not isinstance(value, tuple):
        return value
    before = [change for frame, change in value if frame <= start]
    first = before[-1] if before else value[0][1]
    inside = [(frame, change) for frame, change in value if start < frame <= end]
    return ((start, first), *inside) if inside else first


def cut_span(span: Span, start: int, end: int, there: Container[UUID]) -> Span | None:
    """What of the event lies in frames start to end, with those who take part and are `there`."""
    if span.end < start or span.start > end:
        return None
    return replace(
        span,
        start=max(span.start, start),
        end=min(span.end, end),
        participants=tuple(who for who in span.participants if who in there),
    )
