"""What becomes of a task: it goes to review, is accepted, or goes back into the queue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.outbox.events import emit
from workforce.labels.models import LabelSet
from workforce.quality.models import ReviewDecision
from workforce.quality.reasons import Reason
from workforce.tasks.models import QueueEntry, Task
from workforce.tasks.requirements import ASKED


def open_review(task: Task, label_set: LabelSet, *, excluded: Collection[UUID] = ()) -> None:
    """Queue the task for a reviewer who is neither the author nor one of `excluded`.

    A task has one entry for review; it is opened again for each round.
    """
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
            "excluded": [label_set.author_id, *excluded],
            "skill": annotated.skill,
            "priority": annotated.priority,
            "due_at": annotated.due_at,
            "state": QueueEntry.State.WAITING,
            "lessee": None,
            "lease_until": None,
        },
    )


def conclude(
    *,
    actor: Actor,
    task: Task,
    label_set: LabelSet,
    accepted: bool,
    reasons: Sequence[Reason] = (),
) -> None:
    """Accept the task or put it back into the queue, in the open scope and transaction.

    Emits `task.accepted` or `task.sent_back` (task, label_set, person).
    """
    task.state = Task.State.ACCEPTED if accepted else Task.State.OPEN
    task.save(update_fields=["state"])
    if not accepted:
        # Back into the queue for anyone eligible: reserved for the author it would wait for ever
        # if they have left or their skill was gated meanwhile.
        QueueEntry.objects.filter(task_id=task.id, work=QueueEntry.Work.ANNOTATE).update(
            state=QueueEntry.State.WAITING, lessee=None, lease_until=None
        )
    action = "task.accepted" if accepted else "task.sent_back"
    record(
        action=action,
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
        action,
        tenant=task.tenant_id,
        data={
            "task": str(task.id),
            "label_set": str(label_set.id),
            "person": str(label_set.author_id),
        },
    )


def accept_unseen(task: Task, label_set: LabelSet) -> None:
    """Accept what a sampling plan passed over."""
    write_decision(
        actor=Actor.system("quality"),
        task=task,
        label_set=label_set,
        outcome=ReviewDecision.Outcome.ACCEPT,
    )


def write_decision(
    *,
    actor: Actor,
    task: Task,
    label_set: LabelSet,
    outcome: str,
    reasons: Sequence[Reason] = (),
    concluded: LabelSet | None = None,
) -> None:
    """Write a reviewer's decision and conclude the task, in the open scope and transaction.

    concluded: the labels that stand after it, where a reviewer mended those that were decided on.
    """
    ReviewDecision.objects.create(
        tenant_id=task.tenant_id,
        task=task,
        label_set=label_set,
        reviewer_id=actor.id,
        outcome=outcome,
        reasons=[reason.to_json() for reason in reasons],
    )
    conclude(
        actor=actor,
        task=task,
        label_set=concluded or label_set,
        accepted=outcome != ReviewDecision.Outcome.SEND_BACK,
        reasons=reasons,
    )
