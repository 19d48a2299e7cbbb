"""Pairs of tracks at tasks' borders that a person looks at: one object, or two?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, NotFound
from core.outbox.events import emit
from core.tenancy.scope import scope
from tenants.intake.models import Clip
from workforce.delivery.models import OpenSeams, SeamDecision
from workforce.delivery.seam_pictures import Strip, strip
from workforce.delivery.seams import Doubt, box_at, likeness
from workforce.delivery.stitching import Piece, stitch
from workforce.labels.models import LabelSet
from workforce.labels.store import latest_label_set, read_label_set, read_spans_of
from workforce.labels.tracks import Track
from workforce.tasks.models import Task

#: Other tracks of the later task that are offered beside the pair in doubt.
OTHERS = 4


@dataclass(frozen=True, slots=True)
class Side:
    """One track of a pair, and its box at the border in pixels, if it is seen there."""

    track: Track
    box: tuple[float, float, float, float] | None
    frame: int

    @property
    def words(self) -> str:
        """Label and attributes as they are at the border."""
        values = self.track.attributes_at(self.frame).items()
        return ", ".join([self.track.label, *(f"{key} {value}" for key, value in values)])


@dataclass(frozen=True, slots=True)
class Question:
    """A pair in doubt, with both sides, their pictures, and who else the earlier could be."""

    doubt: Doubt
    earlier: Side
    later: Side
    strip: Strip
    others: list[Side]


def accepted_work(clip: Clip) -> list[tuple[Task, LabelSet, Piece]]:
    """A clip's accepted tasks that were drawn in, with what came in last, in the open scope."""
    tasks = (
        Task.objects.select_related("ontology")
        .filter(clip=clip, is_copy=False, state=Task.State.ACCEPTED)
        .exclude(task_type=Task.LINKS)
        .order_by("start_frame")
    )
    found = []
    for task in tasks:
        label_set = latest_label_set(task.id)
        assert label_set is not None, "an accepted task was handed in"
        tracks, spans = read_label_set(label_set), read_spans_of(label_set)
        piece = Piece(task.start_frame, task.end_frame, tracks, spans)
        found.append((task, label_set, piece))
    return found


def decisions_on(clip_id: UUID) -> dict[tuple[UUID, UUID], bool]:
    """What holds about pairs of a clip's tracks, in the open scope."""
    rows = SeamDecision.objects.filter(clip_id=clip_id).order_by("decided_at", "id")
    return {(row.earlier, row.later): row.same for row in rows}


def questions(*, tenant: UUID, clip_id: UUID) -> tuple[Clip, list[Question], int]:
    """Give the clip, its pairs in doubt and how many were decided. Raises NotFound."""
    with scope(tenant):
        clip = _clip(clip_id)
        pieces = [piece for _, _, piece in accepted_work(clip)]
        decisions = decisions_on(clip_id)
    doubts = _doubts(pieces, decisions)
    return clip, [_question(doubt, pieces, clip) for doubt in doubts], len(decisions)


def _clip(clip_id: UUID, *, lock: bool = False) -> Clip:
    rows = Clip.objects.select_for_update() if lock else Clip.objects.all()
    clip: Clip | None = rows.filter(id=clip_id).first()
    if clip is None:
        raise NotFound
    return clip


def _doubts(pieces: Sequence[Piece], decisions: dict[tuple[UUID, UUID], bool]) -> list[Doubt]:
    """None while tasks in the middle are not accepted yet: their neighbours share no border."""
    try:
        return stitch(pieces, decisions).doubts
    except ValueError:
        return []


def _strip(doubt: Doubt, clip: Clip) -> Strip:
    return strip(
        doubt, frames=clip.frame_count or 1, width=clip.width or 1, height=clip.height or 1
    )


def count_open(clip: Clip) -> int:
    """Count a clip's open questions anew and keep the number, in the open scope."""
    doubts = _doubts([piece for _, _, piece in accepted_work(clip)], decisions_on(clip.id))
    frames = sorted({frame for doubt in doubts for frame in _strip(doubt, clip).frames})
    OpenSeams.objects.update_or_create(
        tenant_id=clip.tenant_id,
        clip=clip,
        defaults={"questions": len(doubts), "frames": frames, "counted_at": now()},
    )
    return len(doubts)


def _question(doubt: Doubt, pieces: Sequence[Piece], clip: Clip) -> Question:
    frame, earlier, later = doubt.frame, doubt.earlier, doubt.later
    after = next(piece for piece in pieces if piece.start <= frame + 1 and later in piece.tracks)
    here = range(frame, frame + 1)
    near = sorted(
        (track for track in after.tracks if track.id != later.id and box_at(track, frame)),
        key=lambda track: -likeness(earlier, track, here),
    )
    sides = [_side(track, frame) for track in near[:OTHERS]]
    both = _side(earlier, frame), _side(later, frame)
    return Question(doubt, *both, _strip(doubt, clip), sides)


def _side(track: Track, frame: int) -> Side:
    return Side(track, box_at(track, frame), frame)


def decide_seam(
    *, actor: Actor, tenant: UUID, clip_id: UUID, earlier: UUID, later: UUID, same: bool
) -> None:
    """Say whether two tracks at a border are one object; the next release is stitched by it.

    Emits `seam.decided`. Raises NotFound, and Conflict for a pair that is no question (any more).
    """
    assert actor.id is not None
    with scope(tenant):
        clip = _clip(clip_id, lock=True)
        pieces = [piece for _, _, piece in accepted_work(clip)]
        doubts = _doubts(pieces, decisions_on(clip_id))
        asked = {doubt.ids for doubt in doubts}
        picks = _other_picks(doubts, pieces) if same else set()
        if (earlier, later) not in asked | picks:
            raise Conflict(
                "This pair is no open question any more: it was decided, or the labels changed. "
                "Load the page again."
            )
        SeamDecision.objects.create(
            tenant_id=tenant,
            clip=clip,
            earlier=earlier,
            later=later,
            same=same,
            decided_by_id=actor.id,
        )
        record(
            action="seam.decided",
            actor=actor,
            tenant=tenant,
            subject=("clip", clip_id),
            details={"earlier": str(earlier), "later": str(later), "same": same},
        )
        count_open(clip)
        emit("seam.decided", tenant=tenant, data={"clip": str(clip_id)})


def _other_picks(doubts: list[Doubt], pieces: Sequence[Piece]) -> set[tuple[UUID, UUID]]:
    """Pairs of a track in doubt with another track of the same later task."""
    return {
        (doubt.earlier.id, track.id)
        for doubt in doubts
        for piece in pieces
        if doubt.later in piece.tracks
        for track in piece.tracks
    }
