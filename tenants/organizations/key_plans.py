"""A client's choice of how often its key is replaced, and the upkeep that does it."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.crypto.models import TenantKey
from core.errors import Conflict, Invalid
from core.outbox.periodic import every
from core.storage.rotation import rotate_key
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from tenants.organizations.models import KeyPlan

SYSTEM: Final = Actor.system("keys")


def plan_of() -> KeyPlan | None:
    """Read the choice of the open scope; None before somebody chose."""
    plan: KeyPlan | None = KeyPlan.objects.first()
    return plan


def choose_plan(*, actor: Actor, tenant: UUID, days: int) -> KeyPlan:
    """Choose how often the key is replaced. Raises Invalid for what is not offered."""
    if days not in KeyPlan.Every.values:
        raise Invalid("Choose one of the intervals that are offered.", field="days")
    with scope(tenant):
        plan: KeyPlan
        plan, _ = KeyPlan.objects.update_or_create(
            tenant_id=tenant, defaults={"days": days, "chosen_at": now()}
        )
        record(
            action="key.plan.chosen",
            actor=actor,
            tenant=tenant,
            subject=("organization", tenant),
            details={"days": days},
        )
    return plan


@every(3600)
def replace_due() -> int:
    """Replace the keys that are older than their organization wants; give how many."""
    replaced = 0
    for organization in Organization.objects.filter(state="active").order_by("id"):
        with scope(organization.id):
            plan = plan_of()
            newest = TenantKey.objects.order_by("-version").first()
        if plan is None or not plan.days or newest is None:
            continue
        if newest.created_at <= now() - timedelta(days=plan.days):
            try:
                rotate_key(actor=SYSTEM, tenant=organization.id)
            except Conflict:  # an earlier one is under way; the next round looks again
                continue
            replaced += 1
    return replaced
