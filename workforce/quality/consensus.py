"""Consensus: a share of submissions is labelled a second time, by somebody who does not know it.

The second labels are made on a copy of the task, which looks like any task. Both are compared with
identities in view; where they agree the first goes on, and otherwise a third person sees both,
without names or order, and chooses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid
from core.ids import new_id
from core.outbox.events import emit
from core.tenancy.scope import scope
from workforce.labels.models import LabelSet
from workforce.labels.proposals import propose_to_copy
from workforce.labels.replacing import replace_labels
from workforce.labels.store import get_task, read_label_set, read_spans_of
from workforce.quality.disagreements import disagreements
from workforce.quality.draw import draw
from workforce.quality.gates import Gate, reached
from workforce.quality.models import Consensus, QualityPolicy, ReviewDecision
from workforce.quality.outcomes import open_review, write_decision
from workforce.quality.policies import policy_of
from workforce.quality.reasons import Reason, check_reasons
from workforce.quality.scoring.labels import Labels, score_labels
from workforce.tasks.leases import finish, require_lease
from workforce.tasks.models import QueueEntry, Task

#: Parts that must reach the mark; HOTA speaks for boxes and identities together.
COMPARED = (Gate.HOTA, Gate.ATTRIBUTES, Gate.EVENTS)


def holds_back(task: Task, label_set: LabelSet, policy: QualityPolicy) -> bool:
    """Say whether a submission waits for a second one, which is asked for if its lot falls so.

    In the open scope and transaction. Only what is handed in for the first time is drawn. Links are
    not labelled twice: where two differ there is no picture to choose by.
    """
    if task.task_type == Task.LINKS:
        return False
    known = Consensus.objects.filter(first=label_set).first()
    if known is not None:
        return known.state in {Consensus.State.WAITING, Consensus.State.DISPUTED}
    if task.rounds > 1 or draw("consensus", label_set.id) >= policy.consensus_share:
        return False
    _ask(task, label_set)
    return True


def _ask(task: Task, label_set: LabelSet) -> None:
    copy = Task.objects.create(
        tenant_id=task.tenant_id,
        project_id=task.project_id,
        clip_id=task.clip_id,
        ontology_id=task.ontology_id,
        task_type=task.task_type,
        start_frame=task.start_frame,
        end_frame=task.end_frame,
        is_copy=True,
    )
    propose_to_copy(copy)
    entry = QueueEntry.objects.get(task_id=task.id, work=QueueEntry.Work.ANNOTATE)
    entry.pk, entry.task_id = new_id(), copy.id
    entry._state.adding = True
    entry.state, entry.excluded = QueueEntry.State.WAITING, [label_set.author_id]
    entry.lessee = entry.lease_until = entry.leased_at = entry.finished_at = None
    entry.reserved_for = entry.reserved_until = None
    entry.token, entry.created_at = 0, now()
    entry.save(force_insert=True)
    asked = Consensus.objects.create(
        tenant_id=task.tenant_id, task=task, first=label_set, copy=copy
    )
    record(
        action="consensus.asked",
        actor=Actor.system("quality"),
        tenant=task.tenant_id,
        subject=("task", task.id),
        details={"consensus": str(asked.id)},
    )


def is_second_set(label_set_id: UUID) -> bool:
    """Whether labels of the open scope were made on such a copy."""
    task = LabelSet.objects.filter(id=label_set_id).values("task_id")
    found: bool = Consensus.objects.filter(copy_id__in=task).exists()
    return found


def take_second(*, tenant: UUID, label_set_id: UUID) -> UUID | None:
    """Compare the second labels with the first; give the first where they agree, to go on.

    Otherwise a third person is asked. A second time changes nothing.
    """
    with scope(tenant):
        second = LabelSet.objects.get(id=label_set_id)
        row = (
            Consensus.objects.select_for_update(of=("self",))
            .select_related("first", "task")
            .get(copy_id=second.task_id)
        )
        if row.state != Consensus.State.WAITING:
            return None
        Task.objects.filter(id=second.task_id).update(state=Task.State.CLOSED)
        if row.task.state != Task.State.SUBMITTED:
            return None
        row.second = second
        _compare(row, second)
        if row.state == Consensus.State.AGREED:
            return row.first_id
        open_review(row.task, row.first, excluded=[second.author_id])
        return None


def labels_of(label_set: LabelSet) -> Labels:
    """Both parts of a label set."""
    return Labels(read_label_set(label_set), read_spans_of(label_set))


def _compare(row: Consensus, second: LabelSet) -> None:
    ours, theirs = labels_of(row.first), labels_of(second)
    task = row.task
    scored = score_labels(ours, theirs, start=task.start_frame, end=task.end_frame)
    parts = reached(scored)
    mark = policy_of(task.project_id).consensus_mark
    agreed = all(parts[gate] >= mark for gate in COMPARED if gate in parts)
    row.state = Consensus.State.AGREED if agreed else Consensus.State.DISPUTED
    row.agreement = {str(gate): round(value, 6) for gate, value in parts.items()}
    row.disagreements = [item.to_json() for item in disagreements(ours, theirs, scored)]
    row.save()
    record(
        action="consensus.compared",
        actor=Actor.system("quality"),
        tenant=row.tenant_id,
        subject=("task", task.id),
        details={
            "consensus": str(row.id),
            "agreed": agreed,
            "agreement": row.agreement,
            "disagreements": len(row.disagreements),
        },
    )
    emit(
        "consensus.compared",
        tenant=row.tenant_id,
        data={"task": str(task.id), "consensus": str(row.id)},
    )


@dataclass(frozen=True, slots=True)
class Sides:
    """The two label sets as the third person sees them: which was first is not told."""

    row: Consensus
    a: LabelSet
    b: LabelSet
    flipped: bool


def disputed_consensus(task_id: UUID) -> Consensus | None:
    """Give the comparison of a task of the open scope that waits for a third person."""
    found: Consensus | None = (
        Consensus.objects.select_related("first", "second", "task__clip")
        .filter(task_id=task_id, state=Consensus.State.DISPUTED)
        .first()
    )
    return found


def decision_of(task_id: UUID, person: UUID) -> Consensus | None:
    """Give a person's newest choice between two labellings of a task, in the open scope."""
    rows = Consensus.objects.filter(task_id=task_id, decider_id=person)
    found: Consensus | None = rows.order_by("-decided_at").first()
    return found


def sides_of(row: Consensus) -> Sides:
    """Put the two sides in an order that tells nothing, and that stays."""
    assert row.second is not None, "a comparison has two sides"
    flipped = draw("sides", row.id) < 0.5
    first, second = row.first, row.second
    return Sides(row, second, first, flipped) if flipped else Sides(row, first, second, flipped)


def adjudicate(
    *,
    tenant: UUID,
    task_id: UUID,
    token: int,
    actor: Actor,
    choice: str,
    reasons: Sequence[Reason] = (),
) -> Consensus:
    """Choose side "a" or "b", or "neither", which sends the task back; under a review lease.

    Raises NotFound, LeaseLost, Conflict where nothing is to be chosen, Invalid.
    """
    assert actor.id is not None
    if choice not in {"a", "b", "neither"}:
        raise Invalid("Choose 'a', 'b' or 'neither'.", field="choice")
    if choice == "neither" and not reasons:
        raise Invalid("Say at least one reason, pinned to a frame.", field="reasons")
    with scope(tenant):
        task = get_task(task_id)
        entry = require_lease(task_id, token, actor.id, work=QueueEntry.Work.REVIEW, lock=True)
        row = disputed_consensus(task_id)
        if row is None:
            raise Conflict("There is nothing to choose here: review the task instead.")
        check_reasons(reasons, task)
        row.state = _chosen(sides_of(row), choice)
        row.decider_id, row.decided_at = actor.id, now()
        row.save()
        record(
            action="consensus.decided",
            actor=actor,
            tenant=tenant,
            subject=("task", task_id),
            details={"consensus": str(row.id), "chosen": row.state},
        )
        _carry_out(row, task, actor, reasons)
        finish(entry)
    return row


def _chosen(sides: Sides, choice: str) -> Consensus.State:
    if choice == "neither":
        return Consensus.State.NEITHER
    first = (choice == "a") != sides.flipped
    return Consensus.State.FIRST if first else Consensus.State.SECOND


def _carry_out(row: Consensus, task: Task, actor: Actor, reasons: Sequence[Reason]) -> None:
    label_set = row.first
    if row.state == Consensus.State.SECOND:
        assert row.second is not None
        label_set = replace_labels(task, row.second)
    sent_back = row.state == Consensus.State.NEITHER
    outcome = ReviewDecision.Outcome.SEND_BACK if sent_back else ReviewDecision.Outcome.ACCEPT
    write_decision(actor=actor, task=task, label_set=label_set, outcome=outcome, reasons=reasons)
