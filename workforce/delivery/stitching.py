"""Tasks of one clip become one set of labels: an object, and an event, keeps one id across borders.

Two tasks that follow each other share some frames. There the tracks of both are compared, and the
best one-to-one pairs by mean IoU are the same object. The seam is the middle of the shared frames:
up to it the earlier task speaks, after it the later one.
Events follow: those who take part go by the ids that their tracks have now.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
from scipy.optimize import linear_sum_assignment

from workforce.labels.interpolation import shape_at
from workforce.labels.spans import Span
from workforce.labels.tracks import Flag, Keyframe, Track

#: Mean IoU over the shared frames from which two tracks are one object: the same bound at which
#: the CLEAR measures take a box for found.
SAME_OBJECT = 0.5


@dataclass(frozen=True, slots=True)
class Piece:
    """The labels of one task: frames start to end, both included."""

    start: int
    end: int
    tracks: Sequence[Track]
    spans: Sequence[Span] = ()


@dataclass(frozen=True, slots=True)
class Stitched:
    """The labels of a whole clip."""

    tracks: list[Track]
    spans: list[Span]


def stitch(pieces: Sequence[Piece]) -> Stitched:
    """Join the labels of a clip's tasks, in the order of their frames.

    What is joined has the id, label and attributes of its first part. Raises ValueError when two
    tasks leave frames between them out.
    """
    ordered = sorted(pieces, key=lambda piece: (piece.start, piece.end))
    if not ordered:
        return Stitched([], [])
    joined, spans = list(ordered[0].tracks), list(ordered[0].spans)
    end = ordered[0].end
    for piece in ordered[1:]:
        if piece.start > end + 1:
            raise ValueError(f"no task covers the frames {end + 1} to {piece.start - 1}")
        shared = range(piece.start, end + 1)
        seam = (shared.start + shared.stop - 1) // 2 if shared else piece.start - 1
        partners = _partners(joined, piece.tracks, shared)
        names = {piece.tracks[there].id: joined[here].id for here, there in partners.items()}
        spans = _join_spans(spans, [_renamed(span, names) for span in piece.spans], seam)
        joined = _join(joined, piece, seam=seam, partners=partners)
        end = max(end, piece.end)
    return Stitched(joined, _without_gone(spans, {track.id for track in joined}))


def _renamed(span: Span, names: Mapping[UUID, UUID]) -> Span:
    return replace(span, participants=_unique(names.get(who, who) for who in span.participants))


def _unique(ids: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(ids))


def _join_spans(earlier: Sequence[Span], later: Sequence[Span], seam: int) -> list[Span]:
    """Join what goes on across the seam in both; cut there what only one of the tasks knows."""
    left, result = list(later), []
    for span in earlier:
        found = max((one for one in left if _goes_on(span, one)), key=_common(span), default=None)
        if found is not None:
            left.remove(found)
            who = _unique((*span.participants, *found.participants))
            zones = _unique((*span.zones, *found.zones))
            end = max(span.start, found.end)
            result.append(replace(span, end=end, participants=who, zones=zones))
        elif span.start <= seam:
            result.append(replace(span, end=min(span.end, seam)))
    cut = [replace(one, start=max(one.start, seam + 1)) for one in left if one.end > seam]
    return [*result, *cut]


def _goes_on(a: Span, b: Span) -> bool:
    """Whether b is a told further: the same kind, no frame between them, and the same objects."""
    if a.event != b.event or b.start > a.end + 1 or b.end < a.start:
        return False
    return bool({*a.participants} & {*b.participants}) or not (a.participants and b.participants)


def _common(a: Span) -> Callable[[Span], int]:
    """Count the frames that another span has in common with a."""
    return lambda b: min(a.end, b.end) - max(a.start, b.start)


def _without_gone(spans: Sequence[Span], there: set[UUID]) -> list[Span]:
    """Take out of events the tracks of which no visible frame is left."""
    return [
        replace(span, participants=tuple(who for who in span.participants if who in there))
        for span in spans
    ]


def _join(
    earlier: list[Track], piece: Piece, *, seam: int, partners: Mapping[int, int]
) -> list[Track]:
    result = []
    for position, track in enumerate(earlier):
        head = _until(track, seam)
        partner = partners.get(position)
        tail = _from(piece.tracks[partner], seam + 1) if partner is not None else ()
        keyframes = (*head, *(tail or _ended(track, seam)))
        if any(not keyframe.outside for keyframe in keyframes):
            result.append(_with(track, keyframes))
    taken = set(partners.values())
    for position, track in enumerate(piece.tracks):
        tail = _from(track, seam + 1)
        if position not in taken and any(not keyframe.outside for keyframe in tail):
            result.append(_with(track, tail))
    return result


def _partners(earlier: Sequence[Track], later: Sequence[Track], shared: range) -> dict[int, int]:
    """Give the position in `later` of each of `earlier` that is the same object."""
    if not (earlier and later and len(shared)):
        return {}
    likeness = np.array([[_likeness(a, b, shared) for b in later] for a in earlier])
    rows, columns = linear_sum_assignment(likeness, maximize=True)
    return {
        int(row): int(column)
        for row, column in zip(rows, columns, strict=True)
        if likeness[row, column] >= SAME_OBJECT
    }


def _likeness(a: Track, b: Track, shared: range) -> float:
    """Mean IoU over the frames in which either is visible; 0 for different labels."""
    if a.label != b.label:
        return 0.0
    total, frames = 0.0, 0
    for frame in shared:
        box_a, box_b = _box(a, frame), _box(b, frame)
        if box_a is None and box_b is None:
            continue
        frames += 1
        if box_a is not None and box_b is not None:
            total += _iou(box_a, box_b)
    return total / frames if frames else 0.0


Box = tuple[float, float, float, float]


def _box(track: Track, frame: int) -> Box | None:
    shape = shape_at(track, frame)
    if shape is None:
        return None
    if track.kind == "box":
        x1, y1, x2, y2 = shape.geometry[:4]
        return x1, y1, x2, y2
    xs, ys = shape.geometry[0::2], shape.geometry[1::2]
    return min(xs), min(ys), max(xs), max(ys)


def _iou(a: Box, b: Box) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    area_a = (a[2] - a[0]) * (a[3] - a[1])
    area_b = (b[2] - b[0]) * (b[3] - b[1])
    return both / (area_a + area_b - both)


def _with(track: Track, keyframes: Sequence[Keyframe]) -> Track:
    return Track(track.id, track.label, track.kind, track.attributes, tuple(keyframes))


def _until(track: Track, last: int) -> list[Keyframe]:
    """Keyframes up to `last`, with one at `last` itself where the shape moves across it."""
    kept = [keyframe for keyframe in track.keyframes if keyframe.frame <= last]
    cut = _keyframe_at(track, last)
    if cut is not None and kept and kept[-1].frame < last and len(kept) < len(track.keyframes):
        kept.append(cut)
    return kept


def _from(track: Track, first: int) -> tuple[Keyframe, ...]:
    """Keyframes from `first` on, beginning with one at `first` where the track is visible then."""
    kept = [keyframe for keyframe in track.keyframes if keyframe.frame >= first]
    if kept and kept[0].frame == first:
        return tuple(kept)
    cut = _keyframe_at(track, first)
    return (cut, *kept) if cut is not None else tuple(kept)


def _ended(track: Track, seam: int) -> tuple[Keyframe, ...]:
    """Close a track that the later task does not know, at the frame after the seam."""
    shape = shape_at(track, seam)
    if shape is None:
        return ()
    return (Keyframe(seam + 1, Flag.OUTSIDE, shape.geometry),)


def _keyframe_at(track: Track, frame: int) -> Keyframe | None:
    shape = shape_at(track, frame)
    if shape is None:
        return None
    flags = Flag.OCCLUDED if shape.occluded else Flag(0)
    return Keyframe(frame, flags, shape.geometry)
