"""Writes and reads of SLA clocks."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from core.clock import now
from core.tenancy.scope import require_tenant
from workforce.delivery.models import ClockEvent
from workforce.delivery.sla import Clock, ClockAction, Tick, read_clock


def tick(
    *, clip_id: UUID, action: ClockAction, at: datetime | None = None, reason: str = ""
) -> None:
    """Write an event of a clip's clock, in the open scope and the caller's transaction."""
    ClockEvent.objects.create(
        tenant_id=require_tenant(),
        clip_id=clip_id,
        action=action.value,
        at=at or now(),
        reason=reason,
    )


def clocks_of(
    clip_ids: Iterable[UUID], *, turnaround: timedelta, instant: datetime | None = None
) -> dict[UUID, Clock]:
    """Read the clocks of clips of the open scope, in one query."""
    ticks: dict[UUID, list[Tick]] = defaultdict(list)
    wanted = list(clip_ids)
    for event in ClockEvent.objects.filter(clip_id__in=wanted):
        ticks[event.clip_id].append(Tick(ClockAction(event.action), event.at))
    moment = instant or now()
    return {
        clip_id: read_clock(ticks[clip_id], turnaround=turnaround, instant=moment)
        for clip_id in wanted
    }
