"""How much a client's work counts for a vendor's planner."""

from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Invalid
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from workforce.routing.eligibility import open_engagements
from workforce.routing.models import ClientWeight


def weights_of(vendor: UUID) -> dict[str, float]:
    """Give the weights that differ from 1, by the client's slug."""
    with scope(vendor):
        weights = dict(ClientWeight.objects.values_list("client_id", "weight"))
    slugs = Organization.objects.filter(id__in=weights).values_list("id", "slug")
    return {slug: weights[client] for client, slug in slugs}


def set_weight(*, actor: Actor, vendor: UUID, client: str, weight: float) -> None:
    """Set how much a client counts: 0.1 to 10, 1 is usual. Raises Invalid."""
    if not 0.1 <= weight <= 10:
        raise Invalid("A weight is a number from 0.1 to 10.", field="weight")
    found = Organization.objects.filter(slug=client, id__in=open_engagements(vendor)).first()
    if found is None:
        raise Invalid(f"No client called {client} engages you now.", field="client")
    with scope(vendor):
        ClientWeight.objects.update_or_create(
            tenant_id=vendor, client_id=found.id, defaults={"weight": weight}
        )
        record(
            action="client.weighted",
            actor=actor,
            tenant=vendor,
            subject=("client", found.id),
            details={"weight": weight},
        )
