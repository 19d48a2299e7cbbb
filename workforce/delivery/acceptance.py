"""Accepting a release: by the client, or by its silence after the contract's days."""

import logging
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict
from core.outbox.events import emit
from core.outbox.periodic import every
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from workforce.delivery.models import AcceptanceDue, Release
from workforce.delivery.services import get_release

log = logging.getLogger(__name__)

#: Who accepts where the client says nothing.
SILENCE = Actor.system("silence")


def accept_release(*, actor: Actor, tenant: UUID, release_id: UUID) -> Release:
    """Accept for the client; what was delivered is metered. Raises NotFound or Conflict."""
    with scope(tenant):
        release = get_release(release_id, lock=True)
        if release.state != Release.State.READY:
            raise Conflict(f"This release is {release.state}; only a ready one can be decided.")
        _accept(actor, release)
    return release


def _accept(actor: Actor, release: Release) -> None:
    release.state = Release.State.ACCEPTED
    release.decided_at = now()
    release.save(update_fields=["state", "decided_at"])
    AcceptanceDue.objects.filter(release_id=release.id).delete()
    record(
        action="release.accepted",
        actor=actor,
        tenant=release.tenant_id,
        subject=("release", release.id),
        details={"by_silence": actor == SILENCE},
    )
    emit(
        "release.accepted",
        tenant=release.tenant_id,
        data={"release": str(release.id), "by_silence": actor == SILENCE},
    )


@every(30.0)
def accept_silent(*, limit: int = 100) -> int:
    """Accept the releases whose days are over; give how many."""
    accepted = 0
    # A suspended client can decide nothing, so that its silence says nothing either.
    active = Organization.objects.filter(state=Organization.State.ACTIVE).values("id")
    due = AcceptanceDue.objects.filter(due_at__lte=now(), tenant_id__in=active)
    due = due.order_by("due_at")[:limit]
    for tenant_id, release_id in list(due.values_list("tenant_id", "release_id")):
        with scope(tenant_id):
            release = get_release(release_id, lock=True)
            # The client may have decided since the row was read.
            still = AcceptanceDue.objects.filter(release_id=release_id, due_at__lte=now())
            if release.state == Release.State.READY and still.exists():
                _accept(SILENCE, release)
                accepted += 1
            else:
                AcceptanceDue.objects.filter(release_id=release_id).delete()
    if accepted:
        log.info("%d releases were accepted by silence", accepted)
    return accepted
