"""Review: which submissions a reviewer looks at, and what is decided."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from core.access.actors import Actor
from core.errors import Conflict, Invalid
from core.tenancy.scope import scope
from workforce.labels.changes import Changes
from workforce.labels.models import LabelSet
from workforce.labels.services import correct, kept_as_draft
from workforce.labels.store import get_task, latest_label_set
from workforce.quality.consensus import disputed_consensus, holds_back
from workforce.quality.disputes import open_dispute, settle
from workforce.quality.draw import draw
from workforce.quality.lots import note_decision, take_into_lot
from workforce.quality.models import ReviewDecision
from workforce.quality.outcomes import accept_unseen, open_review, write_decision
from workforce.quality.policies import policy_of
from workforce.quality.reasons import Reason, check_reasons
from workforce.tasks.leases import finish, require_lease
from workforce.tasks.models import QueueEntry, Task


def route_submission(*, tenant: UUID, label_set_id: UUID) -> None:
    """Review a submission, let it wait in its lot, or accept it unseen, as the policy says."""
    with scope(tenant):
        label_set = LabelSet.objects.select_related("task__project").get(id=label_set_id)
        task = Task.objects.select_for_update().get(id=label_set.task_id)
        if task.state != Task.State.SUBMITTED or task.rounds != label_set.round:
            return
        if ReviewDecision.objects.filter(label_set=label_set).exists():
            return
        policy = policy_of(task.project_id)
        if holds_back(task, label_set, policy):
            return
        if policy.sampling == policy.Sampling.ISO2859:
            if task.rounds > 1:
                open_review(task, label_set)
            else:
                take_into_lot(task, label_set, policy)
        elif draw("review", label_set.id) < label_set.task.project.review_share:
            open_review(task, label_set)
        else:
            accept_unseen(task, label_set)


def decide(
    *,
    tenant: UUID,
    task_id: UUID,
    token: int,
    actor: Actor,
    outcome: str,
    reasons: Sequence[Reason] = (),
    changes: Changes | None = None,
) -> str:
    """Accept what was handed in, send it back, or mend it; under a review lease. Gives the outcome.

    Where the author disputes an earlier decision, this decides the dispute. With `correct` come the
    changes, which are accepted as the next round; a lost lease keeps them as a draft. Emits
    `task.accepted` or `task.sent_back` (task, label_set). Raises NotFound, LeaseLost, Conflict,
    Invalid for a frame outside the task or sending back without a reason.
    """
    assert actor.id is not None
    _check_outcome(outcome, reasons, changes)
    with (
        kept_as_draft(tenant=tenant, task_id=task_id, token=token, actor=actor, changes=changes),
        scope(tenant),
    ):
        task = get_task(task_id)
        entry = require_lease(task_id, token, actor.id, work=QueueEntry.Work.REVIEW, lock=True)
        check_reasons(reasons, task)
        label_set = latest_label_set(task_id)
        assert label_set is not None, "a review opens after a submission"
        if disputed_consensus(task_id) is not None:
            raise Conflict("Two people labelled this: choose between the two instead.")
        dispute = open_dispute(task_id)
        if changes is not None:
            if dispute is not None:
                raise Conflict("Its author disputes a decision: accept or send back, no more.")
            mended = correct(
                task=task, handed_in=label_set, lease=entry, actor=actor, changes=changes
            )
            write_decision(
                actor=actor,
                task=task,
                label_set=label_set,
                outcome=outcome,
                reasons=reasons,
                concluded=mended,
            )
        elif dispute is None:
            write_decision(
                actor=actor, task=task, label_set=label_set, outcome=outcome, reasons=reasons
            )
        else:
            accepted = outcome == ReviewDecision.Outcome.ACCEPT
            settle(dispute, actor=actor, task=task, overturned=accepted, reasons=reasons)
        # What had to be mended did not conform when it was handed in.
        note_decision(label_set, accepted=outcome == ReviewDecision.Outcome.ACCEPT)
        finish(entry)
    return outcome


def _check_outcome(outcome: str, reasons: Sequence[Reason], changes: Changes | None) -> None:
    outcomes = ReviewDecision.Outcome
    if outcome not in outcomes.values:
        raise Invalid("Decide 'accept', 'send_back' or 'correct'.", field="outcome")
    if outcome == outcomes.SEND_BACK and not reasons:
        raise Invalid("Say at least one reason, pinned to a frame.", field="reasons")
    if (outcome == outcomes.CORRECT) != (changes is not None):
        raise Invalid("Changed labels come with 'correct', and only with it.", field="outcome")
