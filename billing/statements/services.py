"""Metering of vendors' work, and statements over it."""

from decimal import Decimal
from uuid import UUID

from django.db.models import Max

from billing.rates.cards import WORK, newest_card
from billing.rates.models import RateCard
from billing.rates.pricing import Usage, usage_lines
from billing.statements.models import Settled, Statement, WorkReading
from core.access.actors import Actor
from core.audit.log import record
from core.errors import Conflict, NotFound
from core.outbox.events import emit
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from tenants.contracts.prices import read_rates
from workforce.labels.models import LabelSet
from workforce.labels.store import read_label_set
from workforce.links.content import read_content
from workforce.tasks.models import Task


def meter_work(*, tenant: UUID, label_set_id: UUID) -> list[WorkReading]:
    """Meter an accepted submission in the scope of the vendor that it came from, once a task.

    The client's scope is read first and closed before the vendor's is opened.
    """
    with scope(tenant):
        label_set = LabelSet.objects.select_related("task").get(id=label_set_id)
        vendor, task = label_set.vendor_id, label_set.task
        if vendor is None or task.is_copy:
            return []
        units = _units(task, label_set)
        task_id = task.id
    client = Organization.objects.get(id=tenant).slug
    with scope(vendor):
        rows = [
            WorkReading(
                tenant_id=vendor,
                source=f"task/{task_id}/{unit}",
                client=client,
                unit=unit,
                quantity=Decimal(quantity),
            )
            for unit, quantity in units.items()
        ]
        known = set(
            WorkReading.objects.filter(source__in=[row.source for row in rows]).values_list(
                "source", flat=True
            )
        )
        fresh = [row for row in rows if row.source not in known]
        return WorkReading.objects.bulk_create(fresh)


def _units(task: Task, label_set: LabelSet) -> dict[str, int]:
    """What was done: frames and what is drawn in them; of links, the tracks that were settled."""
    if task.task_type == Task.LINKS:
        return {"link": len(read_content(label_set.content).subjects)}
    tracks = read_label_set(label_set)
    return {
        "frame": task.end_frame - task.start_frame + 1,
        "keyframe": sum(1 for t in tracks for k in t.keyframes if not k.outside),
        "object": len(tracks),
    }


def issue_statement(*, actor: Actor, vendor: Organization) -> Statement:
    """Issue a statement over all work that none has settled yet, at the vendor's newest prices.

    Raises Conflict when there is nothing to settle, or the vendor has no prices.
    """
    with scope(vendor.id):
        # Readings are append-only and can't be locked: the vendor's own row stands in for them.
        Organization.objects.select_for_update().get(id=vendor.id)
        card = newest_card(WORK)
        if card is None:
            raise Conflict("This vendor has no prices yet. Publish them first.")
        amounts, readings = _priced(card, list(_unsettled(card)))
        if not readings:
            raise Conflict("There is nothing to settle: no accepted work since the last statement.")
        sequence = (Statement.objects.aggregate(last=Max("sequence"))["last"] or 0) + 1
        statement: Statement = Statement.objects.create(
            tenant_id=vendor.id,
            sequence=sequence,
            number=f"{vendor.slug}-S{sequence:04d}",
            card=card,
            currency=card.currency,
            total=sum(amounts.values(), Decimal(0)),
        )
        Settled.objects.bulk_create(
            Settled(
                tenant_id=vendor.id,
                statement=statement,
                reading=reading,
                position=position,
                amount=amounts[reading.id],
            )
            for position, reading in enumerate(readings, start=1)
        )
        record(
            action="statement.issued",
            actor=actor,
            tenant=vendor.id,
            subject=("statement", statement.id),
            details={"total": str(statement.total), "currency": statement.currency},
        )
        emit("statement.issued", tenant=vendor.id, data={"statement": str(statement.id)})
    return statement


def _unsettled(card: RateCard) -> list[WorkReading]:
    return list(
        WorkReading.objects.filter(settled__isnull=True, unit__in=list(card.rates)).order_by(
            "metered_at", "source"
        )
    )


def _priced(
    card: RateCard, readings: list[WorkReading]
) -> tuple[dict[UUID, Decimal], list[WorkReading]]:
    """What each reading comes to; all its tiers in one amount."""
    usages = [Usage(row.id, row.unit, row.quantity) for row in readings]
    amounts: dict[UUID, Decimal] = {row.id: Decimal(0) for row in readings}
    for line in usage_lines(usages, read_rates(card.rates, "rates"), card.currency):
        assert line.usage is not None
        amounts[line.usage] += line.amount
    return amounts, readings


def get_statement(statement_id: UUID) -> Statement:
    """Find a statement of the open scope. Raises NotFound."""
    statement = Statement.objects.select_related("card").filter(id=statement_id).first()
    if statement is None:
        raise NotFound
    return statement
