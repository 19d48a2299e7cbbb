"""Clips whose clock runs, or stands still for a while: what is not delivered, most urgent first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import overload
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, F, Min, Q, QuerySet

from core.clock import now
from core.tenancy.scope import require_tenant
from tenants.intake.models import Clip
from workforce.delivery.clocks import clocks_of
from workforce.delivery.models import ClockEvent
from workforce.delivery.sla import Clock, ClockAction

#: So many clocks are read whenever somebody asks; of more, what was read is kept, for seconds.
LIVE, KEPT = 200, 60
#: Of more than these, the ones that began first.
MOST = 5000


@dataclass(frozen=True, slots=True)
class Running:
    """Clips of the open scope, the `late` first of which are late."""

    clips: Sequence[UUID]
    late: int


def running_clips() -> Running:
    """Give what is not delivered: late ones first, then by the instant at which they are due."""
    key = f"running-clocks:{require_tenant()}"
    kept = cache.get(key)
    if kept is not None:
        return Running(_Written(kept["clips"]), kept["late"])
    read = _read(now())
    if len(read.clips) > LIVE:
        clips = "".join(clip.hex for clip in read.clips)
        cache.set(key, {"late": read.late, "clips": clips}, KEPT)
    return read


class _Written(Sequence[UUID]):
    """Ids as they are kept, of which a page reads a few: 32 characters each."""

    def __init__(self, written: str) -> None:
        self._written = written

    def __len__(self) -> int:
        return len(self._written) // 32

    @overload
    def __getitem__(self, wanted: int) -> UUID: ...
    @overload
    def __getitem__(self, wanted: slice) -> list[UUID]: ...
    def __getitem__(self, wanted: int | slice) -> UUID | list[UUID]:
        found = range(len(self))[wanted]
        if isinstance(found, int):
            return UUID(self._written[32 * found : 32 * found + 32])
        return [self[each] for each in found]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(self._written)


def _read(instant: datetime) -> Running:
    found = clocks_of(list(_open_clocks()[:MOST]), instant=instant)
    clips = sorted(found, key=lambda clip: _urgency(found[clip]))
    return Running(clips, sum(not clock.met for clock in found.values()))


def _urgency(clock: Clock) -> tuple[bool, float]:
    return clock.met, clock.due_at.timestamp() if clock.due_at else 0.0


def _open_clocks() -> QuerySet[ClockEvent, UUID]:
    """Find clips whose clock was started, or opened again, once more than it was stopped."""
    begins = Count("id", filter=Q(action__in=[ClockAction.START.value, ClockAction.REOPEN.value]))
    ends = Count("id", filter=Q(action=ClockAction.STOP.value))
    return (
        ClockEvent.objects.exclude(clip__state__in=Clip.OVER)
        .order_by()
        .values("clip_id")
        .annotate(begun=begins, ended=ends, since=Min("at"))
        .filter(begun__gt=F("ended"))
        .order_by("since", "clip_id")
        .values_list("clip_id", flat=True)
    )
