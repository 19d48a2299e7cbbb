"""Tasks of one clip become one set of labels: an object, and an event, keeps one id across borders.

Two tasks that follow each other share some frames. There the tracks of both are compared, and the
best one-to-one pairs by mean IoU are the same object. The seam is the middle of the shared frames:
up to it the earlier task speaks, after it the later one.
Events follow: those who take part go by the ids that their tracks have now.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid5

from workforce.delivery.seams import Decisions, Doubt, pair
from workforce.labels.interpolation import shape_at
from workforce.labels.spans import Span
from workforce.labels.tracks import Flag, Keyframe, Track


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
    #: Pairs at borders that a person should look at.
    doubts: list[Doubt] = field(default_factory=list)


def stitch(pieces: Sequence[Piece], decisions: Decisions | None = None) -> Stitched:
    """Join the labels of a clip's tasks, in the order of their frames.

    What is joined has the id and label of its first part; its attributes are those of the first
    part, and what changes along the later one goes on. decisions: what people said about pairs, by
    the ids as they are at that border. Raises ValueError when two tasks leave frames out.
    """
    ordered = sorted(pieces, key=lambda piece: (piece.start, piece.end))
    if not ordered:
        return Stitched([], [])
    joined, spans = list(ordered[0].tracks), list(ordered[0].spans)
    end, doubts = ordered[0].end, list[Doubt]()
    for piece in ordered[1:]:
        if piece.start > end + 1:
            raise ValueError(f"no task covers the frames {end + 1} to {piece.start - 1}")
        shared = range(piece.start, end + 1)
        seam = (shared.start + shared.stop - 1) // 2 if shared else piece.start - 1
        found = pair(joined, piece.tracks, shared, seam=seam, decisions=decisions or {})
        partners = found.partners
        doubts += found.doubts
        own = _ids_of_their_own(joined, piece, partners)
        names = own | {piece.tracks[there].id: joined[here].id for here, there in partners.items()}
        spans = _join_spans(spans, [_renamed(span, names) for span in piece.spans], seam)
        joined = _join(joined, piece, seam=seam, partners=partners, own=own)
        end = max(end, piece.end)
    return Stitched(joined, _without_gone(spans, {track.id for track in joined}), doubts)


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
    earlier: list[Track],
    piece: Piece,
    *,
    seam: int,
    partners: Mapping[int, int],
    own: Mapping[UUID, UUID],
) -> list[Track]:
    result = []
    for position, track in enumerate(earlier):
        head = _until(track, seam)
        partner = partners.get(position)
        tail = _from(piece.tracks[partner], seam + 1) if partner is not None else ()
        keyframes = (*head, *(tail or _ended(track, seam)))
        if any(not keyframe.outside for keyframe in keyframes):
            known = track if partner is None else _going_on(track, piece.tracks[partner], seam)
            result.append(_with(known, keyframes))
    taken = set(partners.values())
    for position, track in enumerate(piece.tracks):
        tail = _from(track, seam + 1)
        if position not in taken and any(not keyframe.outside for keyframe in tail):
            result.append(replace(_with(track, tail), id=own.get(track.id, track.id)))
    return result


def _ids_of_their_own(
    joined: Sequence[Track], piece: Piece, partners: Mapping[int, int]
) -> dict[UUID, UUID]:
    """New ids of later tracks that are joined to nothing and go by an id that is taken.

    Tasks that began with the same proposal have the same ids, whatever became of them. The new id
    is the same whenever the clip is stitched.
    """
    taken, paired = {track.id for track in joined}, set(partners.values())
    return {
        track.id: uuid5(track.id, f"from frame {piece.start}")
        for position, track in enumerate(piece.tracks)
        if position not in paired and track.id in taken
    }


def _going_on(track: Track, later: Track, seam: int) -> Track:
    """Take over what changes along the later part; a value that holds stays the first part's."""
    attributes = dict(track.attributes)
    for key, value in later.attributes.items():
        ours = attributes.get(key)
        if ours is None:
            attributes[key] = value
        elif isinstance(ours, tuple) or isinstance(value, tuple):
            head = ours if isinstance(ours, tuple) else ((track.keyframes[0].frame, ours),)
            kept = [change for change in head if change[0] <= seam] or [(seam, head[0][1])]
            tail = value if isinstance(value, tuple) else ((seam + 1, value),)
            now = [change for frame, change in tail if frame <= seam + 1] or [tail[0][1]]
            if now[-1] != kept[-1][1]:
                kept.append((seam + 1, now[-1]))
            attributes[key] = (*kept, *(change for change in tail if change[0] > seam + 1))
    return replace(track, attributes=attributes)


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
