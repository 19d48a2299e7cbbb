"""Lots: submissions wait in one until it closes; a sample is reviewed, and speaks for the rest.

Lots of one vendor in one project follow one another under the lock of their `InspectionState`.
What comes round again after it was sent back is in no lot: a reviewer always looks at it.
"""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

from django.db import models

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.outbox.events import emit
from core.outbox.jobs import enqueue
from core.tenancy.scope import require_tenant, scope
from workforce.labels.models import LabelSet
from workforce.quality.models import InspectionState, Lot, LotItem, QualityPolicy
from workforce.quality.outcomes import accept_unseen, open_review
from workforce.quality.policies import policy_of
from workforce.quality.sampling.switching import Inspection
from workforce.quality.sampling.tables import Plan, Severity, plan_for
from workforce.tasks.models import Task

# Who hands in must not be able to tell what will be looked at.
_dice = random.SystemRandom()


def take_into_lot(task: Task, label_set: LabelSet, policy: QualityPolicy) -> None:
    """Let a submission wait in its vendor's open lot, in the open scope; a second time is none.

    While inspection is discontinued a reviewer looks at everything.
    """
    state = _locked_state(task.project_id, label_set.vendor_id)
    if LotItem.objects.filter(label_set=label_set).exists():
        return
    if state.severity == Severity.DISCONTINUED:
        open_review(task, label_set)
        return
    lot = _open_lot(task, label_set.vendor_id, policy)
    LotItem.objects.create(tenant_id=task.tenant_id, lot=lot, task=task, label_set=label_set)
    if lot.items.count() >= policy.lot_size or not _more_to_come(task.project_id):
        _close(lot, state, policy, Actor.system("quality"))


def _more_to_come(project_id: UUID) -> bool:
    found: bool = Task.objects.filter(
        project_id=project_id, is_copy=False, state=Task.State.OPEN
    ).exists()
    return found


def _locked_state(project_id: UUID, vendor_id: UUID | None) -> InspectionState:
    """Give the row that all changes of the vendor's lots in the project are made under."""
    InspectionState.objects.get_or_create(
        tenant_id=require_tenant(), project_id=project_id, vendor_id=vendor_id
    )
    state: InspectionState = InspectionState.objects.select_for_update().get(
        project_id=project_id, vendor_id=vendor_id
    )
    return state


def _open_lot(task: Task, vendor_id: UUID | None, policy: QualityPolicy) -> Lot:
    lots = Lot.objects.filter(project_id=task.project_id, vendor_id=vendor_id)
    lot: Lot | None = lots.filter(state=Lot.State.OPEN).first()
    if lot is None:
        newest = lots.order_by("-number").values_list("number", flat=True).first() or 0
        lot = Lot.objects.create(
            tenant_id=task.tenant_id,
            project_id=task.project_id,
            vendor_id=vendor_id,
            number=newest + 1,
        )
        enqueue(
            "quality.close_lot",
            tenant=task.tenant_id,
            args={"lot": str(lot.id)},
            delay=timedelta(hours=policy.lot_hours),
        )
    return lot


def close_lot(*, actor: Actor, tenant: UUID, lot_id: UUID) -> Lot:
    """Close an open lot, whatever its size, and draw its sample. Raises NotFound, Conflict."""
    with scope(tenant):
        lot, state = _locked(lot_id)
        if lot.state != Lot.State.OPEN:
            raise Conflict(f"Lot {lot.number} is closed already.")
        _close(lot, state, policy_of(lot.project_id), actor)
    return lot


def _locked(lot_id: UUID) -> tuple[Lot, InspectionState]:
    found = Lot.objects.filter(id=lot_id).first()
    if found is None:
        raise NotFound
    state = _locked_state(found.project_id, found.vendor_id)
    lot: Lot = Lot.objects.get(id=lot_id)
    return lot, state


def _close(lot: Lot, state: InspectionState, policy: QualityPolicy, actor: Actor) -> None:
    items = list(_waiting(lot))
    if state.severity == Severity.DISCONTINUED:
        plan = Plan("", len(items), 0)
    else:
        plan = _plan(len(items), policy, Severity(state.severity))
    sample = _dice.sample(items, min(plan.sample_size, len(items)))
    lot.state, lot.closed_at = (Lot.State.INSPECTING if items else Lot.State.VOID), now()
    lot.severity, lot.aql, lot.level = state.severity, policy.aql, policy.level
    lot.letter, lot.acceptance_number = plan.letter, plan.acceptance_number
    lot.size, lot.sample_size = len(items), len(sample)
    lot.save()
    LotItem.objects.filter(id__in=[item.id for item in sample]).update(sampled=True)
    for item in sample:
        open_review(item.task, item.label_set)
    # Which tasks are in the sample is in the log only once they are reviewed.
    _note(lot, "lot.closed", actor)


def _plan(size: int, policy: QualityPolicy, severity: Severity) -> Plan:
    """Give the plan; a lot of one, for which the standard has no letter, is inspected whole."""
    if size < 2:
        return Plan("", size, 0)
    return plan_for(size, aql=policy.aql, level=policy.level, severity=severity)


def _waiting(lot: Lot) -> models.QuerySet[LotItem]:
    return lot.items.select_related("task", "label_set").filter(task__state=Task.State.SUBMITTED)


def note_decision(label_set: LabelSet, *, accepted: bool) -> None:
    """Take what review said of a sampled submission; decide the lot as soon as that is certain.

    In the caller's scope and transaction. What is in no lot under inspection changes nothing.
    """
    item = LotItem.objects.filter(
        label_set=label_set, sampled=True, lot__state=Lot.State.INSPECTING
    ).first()
    if item is None:
        return
    lot, state = _locked(item.lot_id)
    LotItem.objects.filter(id=item.id).update(accepted=accepted)
    _evaluate(lot, state)


def drop_erased(clip_id: UUID) -> None:
    """Take submissions that nobody can look at any more out of lots, in the open scope."""
    gone = LotItem.objects.filter(
        task__clip_id=clip_id,
        accepted__isnull=True,
        lot__state__in=[Lot.State.OPEN, Lot.State.INSPECTING],
    )
    lots = set(gone.values_list("lot_id", flat=True))
    gone.delete()
    for lot_id in sorted(lots):
        lot, state = _locked(lot_id)
        _evaluate(lot, state)


def _evaluate(lot: Lot, state: InspectionState) -> None:
    if lot.state != Lot.State.INSPECTING:
        return
    sampled = lot.items.filter(sampled=True)
    lot.nonconforming = sampled.filter(accepted=False).count()
    if lot.nonconforming > lot.acceptance_number:
        lot.state = Lot.State.REJECTED
    elif not sampled.filter(accepted__isnull=True).exists():
        lot.state = Lot.State.ACCEPTED
    else:
        lot.save(update_fields=["nonconforming"])
        return
    lot.decided_at = now()
    lot.save(update_fields=["nonconforming", "state", "decided_at"])
    system = Actor.system("quality")
    _note(lot, f"lot.{lot.state}", system)
    enqueue("quality.settle_lot", tenant=lot.tenant_id, args={"lot": str(lot.id)})
    if lot.severity == state.severity:
        _switch(state, _inspection(state).after(accepted=lot.state == Lot.State.ACCEPTED), system)


def settle_lot(*, tenant: UUID, lot_id: UUID) -> None:
    """Do with the rest of a decided lot what its sample says; a second time changes nothing."""
    with scope(tenant):
        lot, _ = _locked(lot_id)
        for item in _waiting(lot).filter(sampled=False, accepted__isnull=True):
            if lot.state == Lot.State.ACCEPTED:
                accept_unseen(item.task, item.label_set)
            else:
                open_review(item.task, item.label_set)
            # Marked as dealt with, so that a second run leaves a review that is going on alone.
            LotItem.objects.filter(id=item.id).update(accepted=lot.state == Lot.State.ACCEPTED)


def _inspection(state: InspectionState) -> Inspection:
    return Inspection(
        Severity(state.severity), tuple(state.recent), state.accepted_running, state.rejected
    )


def _switch(state: InspectionState, after: Inspection, actor: Actor) -> None:
    before = state.severity
    state.severity, state.recent = after.severity, list(after.recent)
    state.accepted_running, state.rejected = after.accepted_running, after.rejected
    state.save()
    if before != state.severity:
        record(
            action="inspection.switched",
            actor=actor,
            tenant=state.tenant_id,
            subject=("project", state.project_id),
            details={
                "vendor": str(state.vendor_id) if state.vendor_id else None,
                "from": before,
                "to": str(state.severity),
            },
        )


def resume_inspection(
    *, actor: Actor, tenant: UUID, project_id: UUID, vendor_id: UUID | None, reason: str
) -> InspectionState:
    """Inspect a vendor's lots again after it was given up: tightened at first.

    Raises NotFound, Conflict while inspection goes on, Invalid without a reason.
    """
    if not 0 < len(reason.strip()) <= 500 or "\x00" in reason:
        raise Invalid("Say in a sentence what the vendor has changed.", field="reason")
    with scope(tenant):
        known = InspectionState.objects.filter(project_id=project_id, vendor_id=vendor_id)
        if not known.exists():
            raise NotFound
        state = _locked_state(project_id, vendor_id)
        if state.severity != Severity.DISCONTINUED:
            raise Conflict(f"Inspection goes on here: it is {state.severity}.")
        _switch(state, _inspection(state).resumed(), actor)
        record(
            action="inspection.resumed",
            actor=actor,
            tenant=tenant,
            subject=("project", project_id),
            details={"vendor": str(vendor_id) if vendor_id else None},
            personal={"reason": reason},
        )
    return state


def _note(lot: Lot, action: str, actor: Actor) -> None:
    record(
        action=action,
        actor=actor,
        tenant=lot.tenant_id,
        subject=("lot", lot.id),
        details={
            "number": lot.number,
            "severity": lot.severity,
            "letter": lot.letter,
            "size": lot.size,
            "sample": lot.sample_size,
            "acceptance_number": lot.acceptance_number,
            "nonconforming": lot.nonconforming,
        },
    )
    emit(action, tenant=lot.tenant_id, data={"lot": str(lot.id)})
