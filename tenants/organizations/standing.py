"""Suspending, reinstating and closing an organization: the operator's acts, each with a reason.

Suspended: its own people are told so; its leaders still reach invoices, contracts, releases and
log. Vendors' work for it rests, and so do its deadlines. Closed: nobody enters, for good; its rows,
log and keys stay until they are erased.
"""

from uuid import UUID

from django.db.models import Q

from core.access.actors import Actor
from core.access.models import Engagement
from core.access.permissions import LEADING_ROLES
from core.accounts.models import ApiToken
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.notices.services import notify
from core.outbox.events import emit
from core.tenancy.models import Organization
from core.tenancy.names import name_of
from core.tenancy.scope import scope
from tenants.organizations.memberships import end_engagement

State, Reason = Organization.State, Organization.Reason
NOTE_LENGTH = 400

#: From which states each is reached, and what that is called in the log.
MOVES: dict[str, tuple[frozenset[str], str]] = {
    State.SUSPENDED: (frozenset({State.ACTIVE}), "suspended"),
    State.ACTIVE: (frozenset({State.SUSPENDED}), "reinstated"),
    State.CLOSED: (frozenset({State.ACTIVE, State.SUSPENDED}), "closed"),
}


def change_standing(
    *, actor: Actor, organization_id: UUID, to: str, reason: str, note: str
) -> Organization:
    """Move a client or vendor to another state.

    reason: a Reason, shown to its leaders. note: what the operator wants remembered; it is a
    personal value of the log, which can be erased.
    Raises NotFound, Invalid without a reason or note, Conflict where the state does not allow it.
    """
    if reason not in Reason.values:
        raise Invalid(f"Choose a reason: {', '.join(Reason.values)}.", field="reason")
    note = note.strip()[:NOTE_LENGTH]
    if not note:
        raise Invalid("Write down what happened; whoever looks next will ask.", field="note")
    with scope(organization_id):
        organization = _locked(organization_id)
        before, called = MOVES[to]
        if organization.state not in before:
            name = name_of(organization)
            raise Conflict(f"{name} is {organization.state}; it can't be {called}.")
        organization.state, organization.state_since = to, now()
        organization.state_reason = "" if to == State.ACTIVE else reason
        organization.save(update_fields=["state", "state_reason", "state_since"])
        record(
            action=f"organization.{called}",
            actor=actor,
            tenant=organization.id,
            subject=("organization", organization.id),
            details={"reason": reason},
            personal={"note": note},
        )
        emit(f"organization.{called}", tenant=organization.id, data={})
        if to != State.CLOSED:
            notify(
                f"organization_{called}",
                key=organization.state_since.isoformat(),
                roles=LEADING_ROLES,
                parts={"organization": name_of(organization), "reason": Reason(reason).label},
            )
        if to == State.CLOSED:
            _wind_up(actor, organization)
    return organization


def _locked(organization_id: UUID) -> Organization:
    rows = Organization.objects.select_for_update().exclude(kind=Organization.Kind.PROVIDER)
    organization = rows.filter(id=organization_id).first()
    if organization is None:
        raise NotFound
    return organization


def _wind_up(actor: Actor, organization: Organization) -> None:
    """End what would otherwise outlive it: engagements and its programs' tokens."""
    of_it = Q(client=organization) | Q(vendor=organization)
    for engagement in Engagement.objects.filter(of_it, ends_at__isnull=True):
        end_engagement(actor=actor, engagement=engagement)
    ApiToken.objects.filter(organization=organization, revoked_at__isnull=True).update(
        revoked_at=now()
    )
