"""What a vendor manager does with the queue: assign, hold, hand out the best; undone for 10 s."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.dateparse import parse_datetime

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Gone, Invalid, NotFound
from core.tenancy.scope import scope
from workforce.routing.eligibility import open_engagements
from workforce.routing.models import Allocation, Reservation
from workforce.routing.planner import planned_pairs
from workforce.routing.value import Hand, asks, hands_of, known_to, open_to, points
from workforce.tasks.models import QueueEntry

#: How long an act can be taken back, as DESIGN says; a little more for the way.
UNDO = timedelta(seconds=12)
MOST = 500
#: A task of a quiz is for who takes it, and nobody's to hand out.
ALLOCATED = Q(work__in=[QueueEntry.Work.ANNOTATE, QueueEntry.Work.REVIEW])


def assign_to(
    *, actor: Actor, vendor: UUID, entries: Sequence[UUID], person: UUID | None
) -> Allocation:
    """Keep work for one person, or for nobody (None). It waits for them until somebody changes it.

    Raises NotFound for work that is not the vendor's, Conflict for work in somebody's hands or a
    person who may not take all of it.
    """
    with scope(vendor):
        rows = _locked(vendor, entries)
        hand = None if person is None else _hand(vendor, person)
        if hand is not None:
            allowed = open_to(vendor, rows, on_shift=False)
            barred = [row for row in rows if hand.person not in allowed.get(asks(row), ())]
            if barred:
                raise Conflict(
                    f"{len(barred)} of {len(rows)} are not open to this person; "
                    "the panel beside the board says why."
                )
        done = _begin(actor, vendor, "assign" if person else "unassign", rows)
        _write(vendor, [(row, hand) for row in rows])
        _note(actor, vendor, "task.assigned" if person else "task.unassigned", rows)
    return done


def hold(*, actor: Actor, vendor: UUID, entries: Sequence[UUID], held: bool) -> Allocation:
    """Take work out of the queue for a while, or put it back. Raises NotFound, Conflict."""
    with scope(vendor):
        rows = _locked(vendor, entries)
        done = _begin(actor, vendor, "hold" if held else "resume", rows)
        state = QueueEntry.State.HELD if held else QueueEntry.State.WAITING
        QueueEntry.objects.filter(id__in=[row.id for row in rows]).update(state=state)
        _note(actor, vendor, "task.held" if held else "task.resumed", rows)
    return done


def auto_assign(
    *,
    actor: Actor,
    vendor: UUID,
    entries: Sequence[UUID],
    people: Sequence[UUID] = (),
    most: int = MOST,
) -> Allocation:
    """Hand at most so many out to those with whom they are worth most; among `people`, if given.

    Raises NotFound, and Conflict when nobody here now may take any of it.
    """
    with scope(vendor):
        rows = [row for row in _locked(vendor, entries) if row.state == QueueEntry.State.WAITING]
        hands = [
            hand
            for hand in hands_of(vendor)
            if hand.capacity and (not people or hand.person in people)
        ]
        pairs = (
            planned_pairs(vendor, rows, hands, known_to(vendor, rows), now())[0] if hands else []
        )
        pairs = pairs[:most]
        if not pairs:
            raise Conflict("Nobody who is on shift and has a hand free may take this work.")
        done = _begin(actor, vendor, "auto", [row for row, _ in pairs])
        _write(vendor, pairs)
        _note(actor, vendor, "task.assigned", [row for row, _ in pairs])
    return done


def undo(*, actor: Actor, vendor: UUID, allocation_id: UUID) -> int:
    """Put back what an act changed, where nobody has taken the work since; gives how many.

    Raises NotFound, Gone when it was undone or the time for it is over.
    """
    with scope(vendor):
        done: Allocation | None = (
            Allocation.objects.select_for_update()
            .filter(id=allocation_id, actor=_id(actor))
            .first()
        )
        if done is None:
            raise NotFound
        if done.undone_at is not None or now() > done.made_at + UNDO:
            raise Gone("This can't be undone any more; change it by hand.")
        before = {UUID(row[0]): row[1:] for row in done.before}
        rows = _open(vendor, list(before))
        for row in rows:
            _restore(row, before[row.id])
        Reservation.objects.filter(entry_id__in=[row.id for row in rows]).delete()
        done.undone_at = now()
        done.save(update_fields=["undone_at"])
        _note(actor, vendor, "task.allocation_undone", rows)
    return len(rows)


def _id(actor: Actor) -> UUID:
    assert actor.id is not None
    return actor.id


def _restore(row: QueueEntry, before: list[Any]) -> None:
    row.reserved_for = UUID(before[0]) if before[0] else None
    row.reserved_until = parse_datetime(before[1]) if before[1] else None
    row.state = before[2]
    row.save(update_fields=["reserved_for", "reserved_until", "state"])


def _open(vendor: UUID, entries: Sequence[UUID]) -> list[QueueEntry]:
    return list(
        QueueEntry.objects.select_for_update()
        .filter(
            ALLOCATED,
            Q(vendor_id__isnull=True) | Q(vendor_id=vendor),
            id__in=entries,
            tenant_id__in=open_engagements(vendor),
            state__in=[QueueEntry.State.WAITING, QueueEntry.State.HELD],
        )
        .order_by("priority", "due_at", "id")
    )


def _locked(vendor: UUID, entries: Sequence[UUID]) -> list[QueueEntry]:
    if not 0 < len(set(entries)) <= MOST:
        raise Invalid(f"Choose 1 to {MOST} tasks.", field="entries")
    rows = _open(vendor, entries)
    if len(rows) == len(set(entries)):
        return rows
    ours = QueueEntry.objects.filter(
        ALLOCATED,
        Q(vendor_id__isnull=True) | Q(vendor_id=vendor),
        id__in=entries,
        tenant_id__in=open_engagements(vendor),
    )
    if ours.count() < len(set(entries)):
        raise NotFound
    raise Conflict("Some of this work is in somebody's hands or handed in; load the board again.")


def _hand(vendor: UUID, person: UUID) -> Hand:
    found = next((hand for hand in hands_of(vendor) if hand.person == person), None)
    if found is None:
        raise NotFound
    return found


def _begin(actor: Actor, vendor: UUID, act: str, rows: Sequence[QueueEntry]) -> Allocation:
    before = [
        [
            str(row.id),
            str(row.reserved_for) if row.reserved_for else None,
            row.reserved_until.isoformat() if row.reserved_until else None,
            row.state,
        ]
        for row in rows
    ]
    done: Allocation = Allocation.objects.create(
        tenant_id=vendor, actor=_id(actor), act=act, before=before
    )
    return done


def _write(vendor: UUID, pairs: Sequence[tuple[QueueEntry, Hand | None]]) -> None:
    known, at = known_to(vendor, [row for row, _ in pairs]), now()
    Reservation.objects.filter(entry_id__in=[row.id for row, _ in pairs]).delete()
    for row, hand in pairs:
        row.reserved_for, row.reserved_until = (hand.person if hand else None), None
    QueueEntry.objects.bulk_update([row for row, _ in pairs], ["reserved_for", "reserved_until"])
    Reservation.objects.bulk_create(
        Reservation(
            tenant_id=vendor,
            entry_id=row.id,
            person=hand.person,
            by=Reservation.By.MANAGER,
            reasons=(reasons := points(row, hand, known, at)),
            value=round(sum(reasons.values()), 3),
        )
        for row, hand in pairs
        if hand is not None
    )


def _note(actor: Actor, vendor: UUID, action: str, rows: Sequence[QueueEntry]) -> None:
    """Leave an entry in the log of each client whose work it is."""
    by_client = defaultdict(list)
    for row in rows:
        by_client[row.tenant_id].append(row)
    for client, theirs in by_client.items():
        with scope(client):
            record(
                action=action,
                actor=actor,
                tenant=client,
                subject=("vendor", vendor),
                details={
                    "tasks": [str(row.task_id) for row in theirs],
                    "for": sorted({str(row.reserved_for) for row in theirs if row.reserved_for}),
                },
            )
