"""Is it on time? All clocks of a client, and the timeline of one."""

from collections.abc import Sequence
from typing import Any, ClassVar, overload
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from core.access.permissions import Permission
from core.errors import Conflict, Invalid, PermissionDenied
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.contracts.terms import PauseReason
from tenants.intake.clips import get_clip
from tenants.intake.models import Clip
from workforce.delivery import clocks
from workforce.delivery.models import ClockEvent
from workforce.delivery.outlook import Outlook, outlooks
from workforce.delivery.progress import PROMISES
from workforce.delivery.running import Running, running_clips
from workforce.delivery.sla import ClockAction
from workforce.delivery.strips import STRIP_DAYS, strip_start

PAGE = 50

EVENTS = {
    "start": ("Clock started", "done"),
    "pause": ("Clock stopped", "hold"),
    "resume": ("Clock runs on", "done"),
    "rush": ("Ordered as rush", "done"),
    "stop": ("Delivered", "done"),
    "reopen": ("Disputed: clock runs on", "current"),
}


def sentence(outlook: Outlook) -> str:
    """Answer in one sentence whether a clip is on time."""
    expected = outlook.forecast
    words = {
        "unstarted": "No clock runs for this clip.",
        "on_track": "This clip is on time.",
        "at_risk": "This clip may be late.",
        "late": "This clip is late.",
        "paused": "The clock of this clip stands still.",
        "done": "This clip was delivered on time.",
        "done_late": "This clip was delivered late.",
    }[outlook.state]
    if expected is None or outlook.state not in {"on_track", "at_risk"}:
        return words
    return f"{words} Late in {round(expected.breach * 100)} of 100 forecasts."


class Clocks(TenantPage):
    """Every clip: those that are not delivered first, the most urgent at the top."""

    permission = Permission.RELEASE_READ
    template_name = "delivery/sla.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            running = running_clips()
            page = Paginator(_Ordered(running.clips), PAGE).get_page(self.request.GET.get("page"))
            found = outlooks([clip.id for clip in page.object_list])
        urgent = sorted(page.object_list, key=lambda clip: _urgency(found[clip.id]))
        rows = [
            {"clip": clip, "outlook": found[clip.id], "promise": PROMISES[found[clip.id].state]}
            for clip in urgent
        ]
        risky = sum(outlook.state == "at_risk" for outlook in found.values())
        return super().get_context_data(
            title=answer(running, risky, whole=not page.has_other_pages()),
            page=page,
            rows=rows,
            start=strip_start(timezone.now()),
            days=STRIP_DAYS,
            named=self.holds(Permission.CLIP_LIST),
            **kwargs,
        )


_ORDER = ("late", "at_risk", "paused", "on_track", "unstarted", "done_late", "done")


def _urgency(outlook: Outlook) -> tuple[int, float]:
    due = outlook.clock.due_at
    return _ORDER.index(outlook.state), due.timestamp() if due else 0.0


class _Ordered(Sequence[Clip]):
    """Clips of the open scope for a paginator: those given in their order, then all others."""

    def __init__(self, first: Sequence[UUID]) -> None:
        self._first = first
        self._all = Clip.objects.exclude(state__in=Clip.OVER)

    @property
    def _others(self) -> QuerySet[Clip]:
        """All that is not given; only a page behind those that are asks for them."""
        return self._all.exclude(id__any_of=list(self._first)).order_by("-created_at", "id")

    def __len__(self) -> int:
        return self._all.count()

    @overload
    def __getitem__(self, wanted: int) -> Clip: ...
    @overload
    def __getitem__(self, wanted: slice) -> list[Clip]: ...
    def __getitem__(self, wanted: int | slice) -> Clip | list[Clip]:
        if isinstance(wanted, int):
            return self[wanted : wanted + 1][0]
        named = list(self._first[wanted])
        found = self._all.in_bulk(named)
        clips = [found[clip] for clip in named if clip in found]
        begin, end = (max(0, edge - len(self._first)) for edge in (wanted.start, wanted.stop))
        return clips + list(self._others[begin:end]) if end else clips


def answer(running: Running, risky: int, *, whole: bool) -> str:
    """Say in one sentence how things stand. risky: of a page, which is `whole` if it's the only."""
    if not running.clips:
        return "No clock runs."
    if not running.late and not risky:
        return "All footage is on time."
    clips = len(running.clips)
    here = "" if whole else " on this page"
    if not running.late:
        return f"{risky} of {clips} {_clips(clips)}{here} may be late."
    late = f"{running.late} of {clips} {_clips(clips)} {'is' if running.late == 1 else 'are'} late"
    return f"{late}, {risky} more{here} may be late." if risky else f"{late}."


def _clips(number: int) -> str:
    return "clip" if number == 1 else "clips"


class ClockPage(TenantPage):
    """The timeline of one clock, and what may be done with it."""

    permission = Permission.RELEASE_READ
    template_name = "delivery/clock.html"
    ACTS: ClassVar = {
        "pause": Permission.SLA_MANAGE,
        "resume": Permission.SLA_MANAGE,
        "rush": Permission.RUSH_ORDER,
        "answer": Permission.CLOCK_ANSWER,
    }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            clip = get_clip(kwargs["clip"])
            outlook = outlooks([clip.id])[clip.id]
            events = list(ClockEvent.objects.select_related("policy__contract").filter(clip=clip))
        kwargs["clip"] = clip
        stopped = outlook.clock.state == "paused" and self.holds(Permission.CLOCK_ANSWER)
        asked = next((e for e in reversed(events) if e.action == ClockAction.PAUSE.value), None)
        return super().get_context_data(
            asked=asked if stopped and asked and asked.reason in clocks.CLIENTS else None,
            longest=clocks.LONGEST_NOTE,
            title=sentence(outlook),
            outlook=outlook,
            promise=PROMISES[outlook.state],
            events=[(*EVENTS[event.action], event) for event in events],
            contract=next((e.policy.contract for e in events if e.policy), None),
            reasons=[reason.value for reason in PauseReason],
            start=strip_start(timezone.now()),
            days=STRIP_DAYS,
            named=self.holds(Permission.CLIP_LIST),
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str, clip: UUID) -> HttpResponse:
        """Pause, resume or order rush, each with its own permission."""
        act = request.POST.get("act", "")
        held = [name for name, needed in self.ACTS.items() if self.holds(needed)]
        if not held or (act in self.ACTS and act not in held):
            raise PermissionDenied("Your role here does not include this act on a clock.")
        if act not in held:
            raise Invalid(f"Choose one of: {', '.join(held)}.", field="act")
        common: dict[str, Any] = {
            "actor": self.actor,
            "tenant": self.tenant.id,
            "clip_id": clip,
        }
        if act == "pause":
            reason, note = request.POST.get("reason", ""), request.POST.get("note", "")
            clocks.pause_clock(**common, reason=reason, note=note)
            messages.info(request, "The clock stands still. The client sees why.")
        elif act == "resume":
            clocks.resume_clock(**common)
            messages.info(request, "The clock runs on.")
        elif act == "answer":
            self._answer(common)
        else:
            clocks.order_rush(**common)
            messages.info(request, "Ordered as rush.")
        return redirect(f"/t/{self.tenant.slug}/sla/{clip}")

    def _answer(self, common: dict[str, Any]) -> None:
        try:
            clocks.answer_clock(**common, answer=self.request.POST.get("answer", ""))
        except Conflict as error:
            messages.error(self.request, error.message)
        else:
            messages.info(self.request, "Answered. The clock runs on.")
