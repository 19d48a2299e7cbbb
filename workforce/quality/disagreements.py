"""Where two label sets of the same frames differ, as a list that a person can walk through.

Identities are matched over the whole range first: each object of one side to the object of the
other that it shares most boxes with. What is left over, and what changes partner, is listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workforce.labels.tracks import Track
from workforce.quality.scoring.events import Event, match_events
from workforce.quality.scoring.labels import Labels, LabelScore


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Frames start to end (included) on which the sides differ in one way.

    kind: `missed` (only the first has it), `extra` (only the second), `switched` (the first's
    object goes on under another of the second's), `attribute`, `event`. first, second: ids of the
    tracks or spans, None where there is none; detail: the attribute or the kind of event.
    """

    kind: str
    start: int
    end: int
    first: str | None = None
    second: str | None = None
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "start": self.start,
            "end": self.end,
            "first": self.first,
            "second": self.second,
            "detail": self.detail,
        }


def disagreements(first: Labels, second: Labels, scored: LabelScore) -> list[Disagreement]:
    """List where the sides differ, in the order of their frames; `scored` is of the same two."""
    found = [
        *_boxes(first.tracks, second.tracks, scored),
        *_attributes(first.tracks, second.tracks, scored),
        *_events(first, second),
    ]
    return sorted(found, key=lambda item: (item.start, item.end, item.kind, item.detail))


def _ids(tracks: Sequence[Track], names: Iterable[int]) -> list[str]:
    return [str(tracks[name].id) for name in names]


def _matched(scored: LabelScore) -> Iterator[tuple[int, int, int]]:
    """Frame, identity of the first and of the second, of each matched pair."""
    tracks = scored.tracks
    matches = tracks.clear.matches
    for left, right in zip(matches.truth.tolist(), matches.prediction.tolist(), strict=True):
        yield (
            int(tracks.truth.frames[left]),
            int(tracks.truth.identities[left]),
            int(tracks.prediction.identities[right]),
        )


def _boxes(
    first: Sequence[Track], second: Sequence[Track], scored: LabelScore
) -> Iterator[Disagreement]:
    tracks = scored.tracks
    left_ids = _ids(first, tracks.truth.names.tolist())
    right_ids = _ids(second, tracks.prediction.names.tolist())
    matches = tracks.clear.matches
    alone = _unmatched(tracks.truth.frames, tracks.truth.identities, matches.truth)
    for who, start, end in alone:
        yield Disagreement("missed", start, end, first=left_ids[who])
    alone = _unmatched(tracks.prediction.frames, tracks.prediction.identities, matches.prediction)
    for who, start, end in alone:
        yield Disagreement("extra", start, end, second=right_ids[who])
    switched = matches.where(tracks.clear.switches)
    for left, right in zip(switched.truth.tolist(), switched.prediction.tolist(), strict=True):
        frame = int(tracks.truth.frames[left])
        yield Disagreement(
            "switched",
            frame,
            frame,
            left_ids[int(tracks.truth.identities[left])],
            right_ids[int(tracks.prediction.identities[right])],
        )


def _unmatched(frames: Any, identities: Any, matched: Any) -> Iterator[tuple[int, int, int]]:
    """Runs of frames in which an identity has a box that is matched to none."""
    taken = set(matched.tolist())
    by_identity: dict[int, list[int]] = {}
    for row, (frame, who) in enumerate(zip(frames.tolist(), identities.tolist(), strict=True)):
        if row not in taken:
            by_identity.setdefault(who, []).append(frame)
    for who, alone in by_identity.items():
        for start, end in runs(alone):
            yield who, start, end


def runs(frames: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of frames that follow one another; frames in rising order."""
    start = end = None
    for frame in frames:
        if start is None or end is None:
            start = end = frame
        elif frame == end + 1:
            end = frame
        else:
            yield start, end
            start = end = frame
    if start is not None and end is not None:
        yield start, end


def _attributes(
    first: Sequence[Track], second: Sequence[Track], scored: LabelScore
) -> Iterator[Disagreement]:
    left = [first[name] for name in scored.tracks.truth.names.tolist()]
    right = [second[name] for name in scored.tracks.prediction.names.tolist()]
    differing: dict[tuple[int, int, str], list[int]] = {}
    for frame, who, whom in sorted(_matched(scored)):
        ours, theirs = left[who].attributes_at(frame), right[whom].attributes_at(frame)
        for key in sorted(ours.keys() | theirs.keys()):
            if ours.get(key) != theirs.get(key):
                differing.setdefault((who, whom, key), []).append(frame)
    for (who, whom, key), frames in differing.items():
        for start, end in runs(frames):
            yield Disagreement("attribute", start, end, str(left[who].id), str(right[whom].id), key)


def _events(first: Labels, second: Labels) -> Iterator[Disagreement]:
    ours = [Event("", s.event, float(s.start), float(s.end + 1)) for s in first.spans]
    theirs = [Event("", s.event, float(s.start), float(s.end + 1)) for s in second.spans]
    pairs = match_events(ours, theirs)
    left, right = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    for number, span in enumerate(first.spans):
        if number not in left:
            yield Disagreement("event", span.start, span.end, str(span.id), None, span.event)
    for number, span in enumerate(second.spans):
        if number not in right:
            yield Disagreement("event", span.start, span.end, None, str(span.id), span.event)
