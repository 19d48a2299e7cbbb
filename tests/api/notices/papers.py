"""An invoice that nobody paid, and a paper that ends soon."""

from datetime import timedelta
from decimal import Decimal

from core.access.actors import Actor
from core.clock import now
from core.tenancy.scope import scope


def make_overdue_invoice(organization):
    from billing.invoicing.models import Invoice
    from tenants.contracts.models import Contract

    with scope(organization.id):
        contract = Contract.objects.create(tenant_id=organization.id, number=1, terms={})
        return Invoice.objects.create(
            tenant_id=organization.id, sequence=1, number=f"{organization.slug}-2026-0001",
            contract=contract, currency="EUR", net=Decimal(10), tax_percent=0, tax=0,
            total=Decimal(10), due_at=now() - timedelta(days=1),
        )  # fmt: skip


def make_paper(cast, *, days):
    from workforce.people.models import Qualification
    from workforce.people.services import add_worker

    worker = add_worker(
        actor=Actor.person(cast.nora), vendor=cast.northlight.id, user_id=cast.anna.id
    )
    with scope(cast.northlight.id):
        return Qualification.objects.create(
            tenant_id=cast.northlight.id, worker=worker, kind=Qualification.Kind.CLEARANCE,
            value="background", expires_at=now() + timedelta(days=days),
        )  # fmt: skip
