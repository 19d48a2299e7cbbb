"""Review: which submissions a reviewer looks at, and what is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Invalid
from core.outbox.events import emit
from core.tenancy.scope import scope
from workforce.labels.models import LabelSet
from workforce.labels.store import get_task, latest_label_set
from workforce.quality.models import ReviewDecision
from workforce.tasks.leases import finish, require_lease
from workforce.tasks.models import QueueEntry, Task
from workforce.tasks.requirements import ASKED

MAX_REASONS = 200
MAX_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something goes back: text, pinned to a frame of the task and perhaps to a track."""

    frame: int
    text: str
    track: UUID | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "frame": self.frame,
            "track": str(self.track) if self.track else None,
            "text": self.text,
        }


def is_sampled(label_set: LabelSet, share: float) -> bool:
    """Whether a reviewer looks at it: that share of all, by the hash of what was handed in.

    The hash cannot be chosen to dodge the sample, because it contains the submission's random id,
    and it gives the same answer when a job runs twice.
    """
    return (label_set.id.int >> 64) / 2**64 < share


def route_submission(*, tenant: UUID, label_set_id: UUID) -> None:
    """Send a submission to review, or accept it unseen where the sample passes it over."""
    with scope(tenant):
        label_set = LabelSet.objects.select_related("task__project").get(id=label_set_id)
        task = Task.objects.select_for_update().get(id=label_set.task_id)
        if task.state != Task.State.SUBMITTED or task.rounds != label_set.round:
            return
        if is_sampled(label_set, float(label_set.task.project.review_share)):
            _open_review(task, label_set)
        elif not ReviewDecision.objects.filter(label_set=label_set).exists():
            _decide(
                actor=Actor.system("quality"),
                task=task,
                label_set=label_set,
                outcome=ReviewDecision.Outcome.ACCEPT,
                reasons=[],
            )


def _open_review(task: Task, label_set: LabelSet) -> None:
    """One review entry a task: it is opened again for each round."""
    annotated = QueueEntry.objects.get(task_id=task.id, work=QueueEntry.Work.ANNOTATE)
    QueueEntry.objects.update_or_create(
        task_id=task.id,
        work=QueueEntry.Work.REVIEW,
        defaults={
            "tenant_id": task.tenant_id,
            "vendor_id": annotated.vendor_id,
            "project_id": annotated.project_id,
            "camera_id": annotated.camera_id,
            **{name: getattr(annotated, name) for name in ASKED},
            "reserved_for": None,
            "reserved_until": None,
            "not_for": label_set.author_id,
            "skill": annotated.skill,
            "priority": annotated.priority,
            "due_at": annotated.due_at,
            "state": QueueEntry.State.WAITING,
            "lessee": None,
            "lease_until": None,
        },
    )


def decide(
    *,
    tenant: UUID,
    task_id: UUID,
    token: int,
    actor: Actor,
    outcome: str,
    reasons: Sequence[Reason] = (),
) -> ReviewDecision:
    """Accept what was handed in, or send it back; under a review lease.

    Emits `task.accepted` or `task.sent_back` (task, label_set). Raises NotFound, LeaseLost, Invalid
    for a frame outside the task or sending back without a reason.
    """
    assert actor.id is not None
    if outcome not in ReviewDecision.Outcome.values:
        raise Invalid("Decide 'accept' or 'send_back'.", field="outcome")
    if outcome == ReviewDecision.Outcome.SEND_BACK and not reasons:
        raise Invalid("Say at least one reason, pinned to a frame.", field="reasons")
    with scope(tenant):
        task = get_task(task_id)
        entry = require_lease(task_id, token, actor.id, work=QueueEntry.Work.REVIEW, lock=True)
        _check_reasons(reasons, task)
        label_set = latest_label_set(task_id)
        assert label_set is not None, "a review opens after a submission"
        decision = _decide(
            actor=actor, task=task, label_set=label_set, outcome=outcome, reasons=reasons
        )
        finish(entry)
    return decision


def _check_reasons(reasons: Sequence[Reason], task: Task) -> None:
    if len(reasons) > MAX_REASONS:
        raise Invalid(f"Give at most {MAX_REASONS} reasons.", field="reasons")
    for position, reason in enumerate(reasons):
        field = f"reasons[{position}]"
        if not task.start_frame <= reason.frame <= task.end_frame:
            raise Invalid(
                f"Frame {reason.frame} is outside the task; use frames {task.start_frame} to "
                f"{task.end_frame}.",
                field=f"{field}.frame",
            )
        if not 0 < len(reason.text.strip()) <= MAX_TEXT:
            raise Invalid(f"Say the reason in 1 to {MAX_TEXT} characters.", field=f"{field}.text")


def _decide(
    *,
    actor: Actor,
    task: Task,
    label_set: LabelSet,
    outcome: str,
    reasons: Sequence[Reason],
) -> ReviewDecision:
    accepted = outcome == ReviewDecision.Outcome.ACCEPT
    decision: ReviewDecision = ReviewDecision.objects.create(
        tenant_id=task.tenant_id,
        task=task,
        label_set=label_set,
        reviewer_id=actor.id,
        outcome=outcome,
        reasons=[reason.to_json() for reason in reasons],
    )
    task.state = Task.State.ACCEPTED if accepted else Task.State.OPEN
    task.save(update_fields=["state"])
    if not accepted:
        # Back into the queue for anyone eligible: reserved for the author it would wait for ever
        # if they have left or their skill was gated meanwhile.
        QueueEntry.objects.filter(task_id=task.id, work=QueueEntry.Work.ANNOTATE).update(
            state=QueueEntry.State.WAITING, lessee=None, lease_until=None
        )
    record(
        action="task.accepted" if accepted else "task.sent_back",
        actor=actor,
        tenant=task.tenant_id,
        subject=("task", task.id),
        details={
            "label_set": str(label_set.id),
            "round": label_set.round,
            "frames": [reason.frame for reason in reasons],
        },
    )
    emit(
        "task.accepted" if accepted else "task.sent_back",
        tenant=task.tenant_id,
        data={
            "task": str(task.id),
            "label_set": str(label_set.id),
            "person": str(label_set.author_id),
        },
    )
    return decision
