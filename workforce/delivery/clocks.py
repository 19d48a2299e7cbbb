"""Writes and reads of SLA clocks."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid
from core.outbox.events import emit
from core.tenancy.models import Organization
from core.tenancy.scope import require_tenant, scope
from tenants.contracts.terms import PauseReason
from tenants.intake.clips import get_clip
from tenants.intake.models import Clip
from workforce.delivery.models import ClockEvent, SlaPolicy
from workforce.delivery.policies import agreed_sla, pin_policy, policy_now, read_policy
from workforce.delivery.sla import Clock, ClockAction, Policy, Tick, follows, read_clock

SYSTEM = Actor.system("standing")
#: Characters of what is said of a pause, and of the answer.
LONGEST_NOTE = 400
#: Reasons of a pause that the client can end.
CLIENTS = frozenset(
    {PauseReason.AWAITING_CLIENT, PauseReason.CLIENT_HOLD, PauseReason.FOOTAGE_DAMAGED}
)


def tick(
    *,
    clip_id: UUID,
    action: ClockAction,
    at: datetime | None = None,
    reason: str = "",
    note: str = "",
) -> ClockEvent:
    """Write an event of a clip's clock, in the open scope and the caller's transaction.

    The first event that finds a signed contract pins the clock to it.
    """
    pinned = ClockEvent.objects.filter(clip_id=clip_id, policy__isnull=False).exists()
    event: ClockEvent = ClockEvent.objects.create(
        tenant_id=require_tenant(),
        clip_id=clip_id,
        action=action.value,
        at=at or now(),
        reason=reason,
        note=note,
        policy=None if pinned else pin_policy(),
    )
    return event


def ticks_of(clip_ids: Iterable[UUID]) -> dict[UUID, list[Tick]]:
    """Read the events of clips of the open scope, in two queries."""
    ticks: dict[UUID, list[Tick]] = defaultdict(list)
    events = list(
        ClockEvent.objects.filter(clip__id__any_of=list(clip_ids)).values_list(
            "clip_id", "action", "at", "policy_id"
        )
    )
    pinned = {policy for *_, policy in events if policy is not None}
    policies: dict[UUID | None, Policy] = {
        row.id: read_policy(row.document) for row in SlaPolicy.objects.filter(id__in=pinned)
    }
    for clip, action, at, policy in events:
        ticks[clip].append(Tick(ClockAction(action), at, policies.get(policy)))
    return ticks


def clocks_of(clip_ids: Iterable[UUID], *, instant: datetime | None = None) -> dict[UUID, Clock]:
    """Read the clocks of clips of the open scope."""
    wanted = list(clip_ids)
    ticks, policy = ticks_of(wanted), policy_now()
    moment = instant or now()
    return {
        clip_id: read_clock(ticks.get(clip_id, []), policy=policy, instant=moment)
        for clip_id in wanted
    }


def _locked_clock(clip_id: UUID) -> Clock:
    """Lock the clip, so that of two acts at once the second sees the first; give its clock."""
    get_clip(clip_id)
    Clip.objects.select_for_update().get(id=clip_id)
    return clocks_of([clip_id])[clip_id]


def _act(
    actor: Actor,
    tenant: UUID,
    clip_id: UUID,
    action: ClockAction,
    *,
    reason: str = "",
    note: str = "",
) -> ClockEvent:
    clock = _locked_clock(clip_id)
    if follows(clock.state, action) is None:
        raise Conflict(f"The clock of this clip is {clock.state}; it can't {action.value} now.")
    event = tick(clip_id=clip_id, action=action, reason=reason, note=note)
    record(
        action=f"clock.{action.value}",
        actor=actor,
        tenant=tenant,
        subject=("clip", clip_id),
        details={"reason": reason, "elapsed_seconds": round(clock.elapsed.total_seconds())},
    )
    emit(f"clock.{action.value}", tenant=tenant, data={"clip": str(clip_id)})
    return event


def pause_clock(
    *, actor: Actor, tenant: UUID, clip_id: UUID, reason: str, note: str = ""
) -> ClockEvent:
    """Stop the clock for a reason that the contract allows; both sides see it.

    Raises NotFound, Conflict when it does not run, Invalid for a reason that is not agreed.
    """
    with scope(tenant):
        get_clip(clip_id)
        sla = agreed_sla(_pinned(clip_id))
        agreed = frozenset(PauseReason) if sla is None else sla.pause_reasons
        if reason not in agreed:
            raise Invalid(
                f"The contract lets a clock stand still for: {', '.join(sorted(agreed))}.",
                field="reason",
            )
        said = note.strip()[:LONGEST_NOTE]
        return _act(actor, tenant, clip_id, ClockAction.PAUSE, reason=reason, note=said)


def _pinned(clip_id: UUID) -> SlaPolicy | None:
    event = (
        ClockEvent.objects.select_related("policy")
        .filter(clip_id=clip_id, policy__isnull=False)
        .first()
    )
    return None if event is None else event.policy


def resume_clock(*, actor: Actor, tenant: UUID, clip_id: UUID) -> ClockEvent:
    """Let a paused clock run on. Raises NotFound or Conflict."""
    with scope(tenant):
        return _act(actor, tenant, clip_id, ClockAction.RESUME)


def answer_clock(*, actor: Actor, tenant: UUID, clip_id: UUID, answer: str) -> ClockEvent:
    """Let a clock that waits for the client run on, with what the client says.

    Raises NotFound, Invalid without an answer, and Conflict where it does not wait for the client.
    """
    # A browser counts a line break as one character, and sends two.
    words = answer.replace("\r\n", "\n").strip()
    if not words or len(words) > LONGEST_NOTE or "\x00" in words:
        raise Invalid(f"Answer in 1 to {LONGEST_NOTE} characters.", field="answer")
    with scope(tenant):
        clock, asked = _locked_clock(clip_id), last_pause(clip_id)
        if clock.state != "paused" or asked is None or asked.reason not in CLIENTS:
            raise Conflict("The clock of this clip does not wait for an answer of yours.")
        event = _act(actor, tenant, clip_id, ClockAction.RESUME, note=words)
        emit("clock.answered", tenant=tenant, data={"clip": str(clip_id), "event": str(event.id)})
    return event


def last_pause(clip_id: UUID) -> ClockEvent | None:
    """Find the newest pause of a clip of the open scope."""
    return ClockEvent.objects.filter(clip_id=clip_id, action=ClockAction.PAUSE.value).last()


#: Why the clocks of a suspended client stand still, whatever reasons the contract agrees to: nobody
#: can work on its footage.
SUSPENDED = "organization_suspended"


def follow_standing(*, tenant: UUID) -> int:
    """Stop the running clocks of a suspended client, or let those run on; give how many.

    It looks at how the client stands now, so that it may run late, twice, or in any order.
    """
    with scope(tenant):
        # Whoever changes the standing meanwhile waits, and their event comes after this.
        client = Organization.objects.select_for_update().get(id=tenant)
        if client.state == Organization.State.SUSPENDED:
            acting, clips = ClockAction.PAUSE, _with_clock("running")
        elif client.state == Organization.State.ACTIVE:
            acting, clips = ClockAction.RESUME, _stopped_for(SUSPENDED)
        else:
            return 0
        for clip_id in clips:
            _act(SYSTEM, tenant, clip_id, acting, reason=SUSPENDED)
    return len(clips)


def _with_clock(state: str) -> list[UUID]:
    started = ClockEvent.objects.values_list("clip_id", flat=True).order_by().distinct()
    return [clip_id for clip_id, clock in clocks_of(started).items() if clock.state == state]


def _stopped_for(reason: str) -> list[UUID]:
    pauses = ClockEvent.objects.filter(action=ClockAction.PAUSE.value).order_by("at", "recorded_at")
    last = dict(pauses.values_list("clip_id", "reason"))
    return [clip_id for clip_id in _with_clock("paused") if last.get(clip_id) == reason]


def order_rush(*, actor: Actor, tenant: UUID, clip_id: UUID) -> ClockEvent:
    """Order a clip as rush: due the contract's rush hours from now, at the rush price.

    Raises NotFound, Conflict when it is done, is rush already, or the contract knows no rush.
    """
    with scope(tenant):
        _locked_clock(clip_id)
        if ClockEvent.objects.filter(clip_id=clip_id, action=ClockAction.RUSH.value).exists():
            raise Conflict("This clip is ordered as rush already.")
        sla = agreed_sla(_pinned(clip_id))
        if sla is None or sla.rush_hours is None:
            raise Conflict("The contract of this clip has no rush terms.")
        return _act(actor, tenant, clip_id, ClockAction.RUSH)
