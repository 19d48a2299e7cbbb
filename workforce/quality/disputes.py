"""Disputes: the author of what was sent back objects, and a third person decides.

The third person is neither the author nor the first reviewer, gets it as any review, and sees the
labels and all reasons in the order of their frames: not whose they are, nor who said what.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.outbox.events import emit
from core.tenancy.scope import scope
from workforce.labels.store import get_task, latest_label_set
from workforce.quality.models import ReviewDecision, ReviewDispute
from workforce.quality.outcomes import conclude, open_review
from workforce.quality.reasons import Reason, check_reasons
from workforce.tasks.models import QueueEntry, Task

#: What a decision is called once its author has disputed it.
OUTCOMES: dict[str, str] = {
    ReviewDispute.State.OPEN: "disputed",
    ReviewDispute.State.UPHELD: ReviewDecision.Outcome.SEND_BACK.value,
    ReviewDispute.State.OVERTURNED: ReviewDecision.Outcome.ACCEPT.value,
}


def raise_dispute(
    *, tenant: UUID, task_id: UUID, actor: Actor, reasons: Sequence[Reason]
) -> ReviewDispute:
    """Dispute that one's work was sent back; the task waits for a third person's decision.

    Emits `dispute.raised` (task, dispute). Raises NotFound unless the latest labels are the
    person's own and were sent back; Conflict when it was disputed before or somebody has taken
    the task up since; Invalid.
    """
    assert actor.id is not None
    with scope(tenant):
        task = Task.objects.select_for_update().filter(id=task_id).first()
        decision = sent_back_to(actor.id, task_id)
        if task is None or decision is None:
            raise NotFound
        if ReviewDispute.objects.filter(decision=decision).exists():
            raise Conflict("You have disputed this decision already; what is decided now stands.")
        if not reasons:
            raise Invalid("Say at least one reason, pinned to a frame.", field="reasons")
        check_reasons(reasons, task)
        _take_back(task, actor.id)
        dispute: ReviewDispute = ReviewDispute.objects.create(
            tenant_id=tenant,
            task=task,
            decision=decision,
            person_id=actor.id,
            reasons=[reason.to_json() for reason in reasons],
        )
        reviewer = [decision.reviewer_id] if decision.reviewer_id else []
        open_review(task, decision.label_set, excluded=reviewer)
        record(
            action="dispute.raised",
            actor=actor,
            tenant=tenant,
            subject=("task", task_id),
            details={"dispute": str(dispute.id), "frames": [reason.frame for reason in reasons]},
        )
        emit(
            "dispute.raised",
            tenant=tenant,
            data={"task": str(task_id), "dispute": str(dispute.id)},
        )
    return dispute


def sent_back_to(person: UUID, task_id: UUID) -> ReviewDecision | None:
    """Give the decision that sent back the newest labels of a task, if they are this person's."""
    label_set = latest_label_set(task_id)
    if label_set is None or label_set.author_id != person:
        return None
    found: ReviewDecision | None = (
        ReviewDecision.objects.select_related("label_set")
        .filter(label_set=label_set, outcome=ReviewDecision.Outcome.SEND_BACK)
        .first()
    )
    return found


def _take_back(task: Task, author: UUID) -> None:
    """Take the task out of the queue, as if it had not been sent back. Raises Conflict."""
    entry = QueueEntry.objects.select_for_update().get(
        task_id=task.id, work=QueueEntry.Work.ANNOTATE
    )
    taken = entry.state == QueueEntry.State.LEASED and entry.lessee != author
    if task.state != Task.State.OPEN or taken:
        raise Conflict("Somebody has taken this task up since it was sent back.")
    entry.state, entry.lessee, entry.lease_until = QueueEntry.State.DONE, author, None
    entry.reserved_for, entry.reserved_until = None, None
    entry.save()
    task.state = Task.State.SUBMITTED
    task.save(update_fields=["state"])


def open_dispute(task_id: UUID) -> ReviewDispute | None:
    """Give the dispute of a task that waits for its decision, in the open scope."""
    found: ReviewDispute | None = (
        ReviewDispute.objects.select_related("decision__label_set")
        .filter(task_id=task_id, state=ReviewDispute.State.OPEN)
        .first()
    )
    return found


def settle(
    dispute: ReviewDispute,
    *,
    actor: Actor,
    task: Task,
    overturned: bool,
    reasons: Sequence[Reason],
) -> None:
    """Write the third person's decision, in the caller's scope and transaction.

    Emits `dispute.decided` (task, dispute) beside the event of the task.
    """
    state = ReviewDispute.State
    dispute.state = state.OVERTURNED if overturned else state.UPHELD
    dispute.decider_id, dispute.decided_at = actor.id, now()
    dispute.reasons = [*dispute.reasons, *(reason.to_json() for reason in reasons)]
    dispute.save()
    record(
        action=f"dispute.{dispute.state}",
        actor=actor,
        tenant=task.tenant_id,
        subject=("task", task.id),
        details={"dispute": str(dispute.id), "decision": str(dispute.decision_id)},
    )
    emit(
        "dispute.decided",
        tenant=task.tenant_id,
        data={"task": str(task.id), "dispute": str(dispute.id)},
    )
    conclude(
        actor=actor,
        task=task,
        label_set=dispute.decision.label_set,
        accepted=overturned,
        reasons=reasons,
    )


def decisions_of(task: Task) -> list[dict[str, Any]]:
    """Decisions on a task as anybody may see them, oldest first; in the open scope.

    Where one was disputed, the reasons of all sides stand together in the order of their frames.
    """
    disputes = {row.decision_id: row for row in ReviewDispute.objects.filter(task=task)}
    return [
        {
            "outcome": OUTCOMES[disputes[row.id].state] if row.id in disputes else row.outcome,
            "reasons": _mixed([*row.reasons, *disputes[row.id].reasons])
            if row.id in disputes
            else row.reasons,
            "decided_at": disputes[row.id].raised_at if row.id in disputes else row.decided_at,
        }
        for row in ReviewDecision.objects.filter(task=task).order_by("decided_at")
    ]


def _mixed(reasons: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(reasons, key=lambda reason: (reason["frame"], reason["text"]))


@dataclass(frozen=True, slots=True)
class SentBack:
    """A task that was sent back to a person: ids and numbers, no word of the reasons."""

    client_id: UUID
    task_id: UUID
    task_type: str
    start_frame: int
    end_frame: int
    reasons: int
    decided_at: datetime
    #: Whether a third person is asked, and whether the person may still ask for one.
    disputed: bool
    disputable: bool


def sent_back(*, clients: Iterable[UUID], person: UUID) -> list[SentBack]:
    """List what waits in these clients' scopes after it was sent back to the person, newest first.

    The newest labels of each are the person's.
    """
    found: list[SentBack] = []
    for client in clients:
        with scope(client):
            rows = ReviewDecision.objects.select_related("task").filter(
                Q(task__state=Task.State.OPEN) | Q(task__disputes__state=ReviewDispute.State.OPEN),
                label_set__author_id=person,
                label_set__round=F("task__rounds"),
                outcome=ReviewDecision.Outcome.SEND_BACK,
            )
            found += [_told(row) for row in rows.distinct()]
    return sorted(found, key=lambda row: row.decided_at, reverse=True)


def _told(decision: ReviewDecision) -> SentBack:
    task = decision.task
    dispute = ReviewDispute.objects.filter(decision=decision).first()
    taken = QueueEntry.objects.filter(
        task_id=task.id, work=QueueEntry.Work.ANNOTATE, state=QueueEntry.State.LEASED
    ).exclude(lessee=decision.label_set.author_id)
    return SentBack(
        client_id=task.tenant_id,
        task_id=task.id,
        task_type=task.task_type,
        start_frame=task.start_frame,
        end_frame=task.end_frame,
        reasons=len(decision.reasons),
        decided_at=decision.decided_at,
        disputed=dispute is not None and dispute.state == ReviewDispute.State.OPEN,
        disputable=dispute is None and not taken.exists(),
    )


def sent_back_page(*, tenant: UUID, task_id: UUID, person: UUID) -> tuple[Task, list[Any]]:
    """Give the task and the decisions on it, for the author of what was sent back.

    Raises NotFound for everybody else, and for what was not sent back.
    """
    with scope(tenant):
        if sent_back_to(person, task_id) is None:
            raise NotFound
        task = get_task(task_id)
        return task, decisions_of(task)
