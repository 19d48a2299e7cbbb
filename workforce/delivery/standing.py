"""Clocks that stand still until the client acts: what a client is asked, and about which clip."""

from django.db.models import Exists, OuterRef, Q

from tenants.intake.models import Clip
from workforce.delivery.clocks import CLIENTS
from workforce.delivery.models import ClockEvent
from workforce.delivery.sla import ClockAction


def standing_for_client(most: int) -> list[ClockEvent]:
    """Find the pauses in force that the client can end, the longest first, in the open scope."""
    later = ClockEvent.objects.filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), recorded_at__gt=OuterRef("recorded_at")),
        clip_id=OuterRef("clip_id"),
        action__in=[ClockAction.RESUME.value, ClockAction.STOP.value],
    )
    asked = ClockEvent.objects.filter(
        ~Exists(later), action=ClockAction.PAUSE.value, reason__in=[r.value for r in CLIENTS]
    )
    return list(asked.exclude(clip__state__in=Clip.OVER).select_related("clip")[:most])
