"""A person at a clip's masks: the lease, corrections saved, a copy made anew, the check signed.

One person at a time: a lease of LEASE that is renewed while the page is open. Its token grows with
each taking, so what an older window sends is refused; corrections are never overwritten, each save
is a revision that stays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.access.actors import Actor
from core.access.door import Entry
from core.audit.log import record
from core.audit.receipts import frames_shown
from core.clock import now
from core.errors import Conflict, Gone, Invalid, LeaseLost
from core.outbox.jobs import enqueue
from core.storage.vault import create_object, discard_object, open_object
from core.tenancy.scope import scope
from tenants.intake.clips import get_clip
from tenants.intake.models import Clip
from workforce.redaction.checkers import require_checker
from workforce.redaction.corrections import (
    Corrections,
    MaskTrack,
    corrections_from,
    engine_tracks,
)
from workforce.redaction.finding import ClipFacts
from workforce.redaction.masks import places_from
from workforce.redaction.models import MaskCheck, MaskLease, MaskRevision, RedactionRun
from workforce.redaction.suspects import Suspect, suspects

LEASE = timedelta(minutes=5)
LOST = (
    "These masks are no longer yours: the page was idle, or opened elsewhere. What was saved stays."
)


@dataclass(frozen=True, slots=True)
class Checker:
    """Who asks: the entry gives tenant and permissions."""

    entry: Entry
    actor: Actor

    @property
    def tenant(self) -> UUID:
        tenant: UUID = self.entry.organization.id
        return tenant

    @property
    def person(self) -> UUID:
        assert self.actor.id is not None
        return self.actor.id


@dataclass(frozen=True, slots=True)
class MaskSheet:
    """All that the page shows of a clip's newest copy."""

    run: RedactionRun
    facts: ClipFacts
    tracks: list[MaskTrack]
    corrections: Corrections
    revision: int
    suspects: list[Suspect]


def facts_of(clip: Clip) -> ClipFacts:
    """What is known of a prepared clip."""
    return ClipFacts.of(
        frame_count=clip.frame_count or 0,
        width=clip.width or 0,
        height=clip.height or 0,
        seconds=clip.duration or 0.0,
    )


def newest_copies() -> QuerySet[RedactionRun]:
    """The newest measured run of each clip of the open scope, each with its clip."""
    later = RedactionRun.objects.filter(
        Q(created_at__gt=OuterRef("created_at"))
        | Q(created_at=OuterRef("created_at"), id__lt=OuterRef("id")),
        clip=OuterRef("clip"),
        state=RedactionRun.State.DONE,
    )
    done = RedactionRun.objects.filter(state=RedactionRun.State.DONE)
    return done.filter(~Exists(later)).select_related("clip")


def newest_copy(clip_id: UUID) -> RedactionRun:
    """The newest measured run of a clip, in the open scope. Raises Conflict."""
    done = RedactionRun.objects.filter(clip_id=clip_id, state=RedactionRun.State.DONE)
    related = done.select_related("clip", "based_on")
    run: RedactionRun | None = related.order_by("-created_at", "id").first()
    if run is None:
        raise Conflict("This clip has no redacted copy yet: start its redaction first.")
    return run


def _admitted(checker: Checker, clip_id: UUID) -> RedactionRun:
    """The clip's newest copy for somebody who may work on it, in the open scope."""
    clip = get_clip(clip_id)
    require_checker(checker.entry, checker.person, clip.project_id)
    if clip.state != Clip.State.READY:
        raise Conflict(f"The clip is {clip.state}: its masks can't be opened.")
    return newest_copy(clip_id)


def _newest_revision(root: UUID) -> MaskRevision | None:
    rows = MaskRevision.objects.filter(run_id=root).order_by("-number")
    row: MaskRevision | None = rows.first()
    return row


def read_masks(checker: Checker, clip_id: UUID) -> MaskSheet:
    """The masks, what people changed, and the frames to look at first.

    Raises NotFound, Conflict, Gone.
    """
    with scope(checker.tenant):
        run = _admitted(checker, clip_id)
        revision = _newest_revision(run.root_id)
    engine = read_object(checker.tenant, (run.based_on or run).masks_id)
    facts = facts_of(run.clip)
    tracks = engine_tracks(places_from(engine["frames"]))
    corrections = Corrections()
    if revision is not None:
        wire = read_object(checker.tenant, revision.edits_id)
        ids = {track.id: track.subject for track in tracks}
        corrections = corrections_from(wire, facts=facts, engine=ids)
    return MaskSheet(
        run,
        facts,
        tracks,
        corrections,
        revision.number if revision is not None else 0,
        _suspects(checker.tenant, run, engine, corrections),
    )


def _suspects(
    tenant: UUID, run: RedactionRun, engine: Mapping[str, Any], corrections: Corrections
) -> list[Suspect]:
    marks = read_object(tenant, run.findings_id)["marks"] if run.findings_id else []
    return suspects(
        engine.get("trails", {}), marks, every=engine.get("every", 1), without=corrections.reasons
    )


def read_object(tenant: UUID, object_id: UUID | None) -> dict[str, Any]:
    """A JSON object from the store. Raises Gone when it was erased, or never kept."""
    if object_id is None:
        raise Gone("The masks of this copy were not kept. Redact the clip anew to check them.")
    with open_object(tenant=tenant, object_id=object_id) as reader:
        found: dict[str, Any] = json.loads(reader.read())
    return found


def take_masks(checker: Checker, clip_id: UUID) -> MaskLease:
    """Take the masks of a clip, or take them over from one's own older window.

    Raises NotFound, Conflict while somebody else works on them.
    """
    with scope(checker.tenant):
        run = _admitted(checker, clip_id)
        Clip.objects.select_for_update().get(id=clip_id)  # two takers at once see each other
        lease = MaskLease.objects.select_for_update().filter(run_id=run.root_id).first()
        until = now() + LEASE
        if lease is None:
            lease = MaskLease.objects.create(
                tenant_id=checker.tenant,
                run_id=run.root_id,
                person_id=checker.person,
                lease_until=until,
            )
        else:
            if lease.person_id != checker.person and lease.lease_until > now():
                raise Conflict(
                    "Somebody else works on these masks until "
                    f"{lease.lease_until:%H:%M} UTC. Try again then."
                )
            lease.person_id, lease.lease_until = checker.person, until
            lease.token += 1
            lease.save()
        _log(checker, clip_id, "redaction.masks_taken", {"token": lease.token})
    return lease


def renew_masks(checker: Checker, clip_id: UUID, *, token: int) -> MaskLease:
    """Keep the masks for another LEASE. Raises LeaseLost, NotFound, Conflict."""
    with scope(checker.tenant):
        lease = _required(checker, _admitted(checker, clip_id), token)
        lease.lease_until = now() + LEASE
        lease.save(update_fields=["lease_until"])
    return lease


def give_masks_back(checker: Checker, clip_id: UUID, *, token: int) -> None:
    """Let the next one in. Raises LeaseLost, NotFound, Conflict."""
    with scope(checker.tenant):
        lease = _required(checker, _admitted(checker, clip_id), token)
        lease.lease_until = now()
        lease.save(update_fields=["lease_until"])
        _log(checker, clip_id, "redaction.masks_given_back", {"token": token})


def _required(checker: Checker, run: RedactionRun, token: int) -> MaskLease:
    """The live lease, locked to the end of the transaction. Raises LeaseLost."""
    lease: MaskLease | None = (
        MaskLease.objects.select_for_update()
        .filter(run_id=run.root_id, person_id=checker.person, token=token, lease_until__gt=now())
        .first()
    )
    if lease is None:
        raise LeaseLost(LOST)
    return lease


def save_masks(
    checker: Checker, clip_id: UUID, *, token: int, base: int, wire: Mapping[str, Any]
) -> MaskRevision:
    """Keep all corrections as the next revision; `base` is the one that they began from.

    Raises LeaseLost, Invalid, NotFound, Conflict when somebody saved in between.
    """
    with scope(checker.tenant):
        run = _admitted(checker, clip_id)
        _required(checker, run, token)
    root = run.based_on or run
    places = places_from(read_object(checker.tenant, root.masks_id)["frames"])
    engine = {track.id: track.subject for track in engine_tracks(places)}
    corrections = corrections_from(wire, facts=facts_of(run.clip), engine=engine)
    with create_object(
        tenant=checker.tenant, kind="masks", derived_from=[run.clip.source_id]
    ) as writer:
        writer.write(corrections.to_json().encode())
    try:
        return _keep(checker, run, corrections, writer.stored.id, token=token, base=base)
    except (Conflict, Invalid):
        discard_object(tenant=checker.tenant, object_id=writer.stored.id)
        raise


def _keep(
    checker: Checker,
    run: RedactionRun,
    corrections: Corrections,
    edits: UUID,
    *,
    token: int,
    base: int,
) -> MaskRevision:
    with scope(checker.tenant):
        _required(checker, run, token)
        newest = _newest_revision(run.root_id)
        number = newest.number if newest is not None else 0
        if base != number:
            raise Conflict(
                f"These corrections began from revision {base}, and {number} is the newest: "
                "load the page again."
            )
        row = MaskRevision.objects.create(
            tenant_id=checker.tenant,
            run_id=run.root_id,
            number=number + 1,
            edits_id=edits,
            counts=corrections.counts(),
            author_id=checker.person,
        )
        details = {
            "run": str(run.root_id),
            "revision": row.number,
            **row.counts,
            # Why is free text, which must be erasable: it lies in the revision's encrypted object.
            "dropped_tracks": sorted(corrections.reasons),
        }
        _log(checker, run.clip_id, "redaction.masks_saved", details)
    return row


def render_anew(checker: Checker, clip_id: UUID, *, token: int, revision: int) -> RedactionRun:
    """Start a copy with the newest corrections; jobs do the work. The policy is the run's own.

    Raises LeaseLost, NotFound, Conflict when there is nothing new to show or a run is under way.
    """
    with scope(checker.tenant):
        run = _admitted(checker, clip_id)
        _required(checker, run, token)
        Clip.objects.select_for_update().get(id=clip_id)
        newest = _newest_revision(run.root_id)
        if newest is None or newest.number != revision:
            raise Conflict("Save your corrections first: the newest revision is made into a copy.")
        if run.revision == revision:
            raise Conflict("The copy shows these corrections already.")
        if RedactionRun.objects.filter(clip_id=clip_id, finished_at=None).exists():
            raise Conflict("The clip is being redacted already.")
        made: RedactionRun = RedactionRun.objects.create(
            tenant_id=checker.tenant,
            clip_id=clip_id,
            policy=run.policy,
            policy_number=run.policy_number,
            state=RedactionRun.State.COMPOSING,
            based_on_id=run.root_id,
            revision=revision,
        )
        enqueue("redaction.compose", tenant=checker.tenant, args={"run": str(made.id)})
        details = {"run": str(made.id), "based_on": str(run.root_id), "revision": revision}
        _log(checker, clip_id, "redaction.rendered_anew", details)
    return made


def sign_check(checker: Checker, clip_id: UUID, *, token: int, frames: Sequence[int]) -> MaskCheck:
    """Sign that the suspicious frames of the newest copy were looked at.

    A frame counts when the log has a receipt that it was shown to who signs. Raises Invalid when a
    suspicious one was not looked at or one was never shown, Conflict when corrections are not in
    the copy yet, LeaseLost, NotFound.
    """
    sheet = read_masks(checker, clip_id)
    if sheet.revision != sheet.run.revision:
        raise Conflict("The newest corrections are not in the copy: make it anew first.")
    left = {one.frame for one in sheet.suspects} - set(frames)
    if left:
        shown = ", ".join(map(str, sorted(left)[:5]))
        raise Invalid(f"{len(left)} suspicious frames were not looked at: {shown}.", field="frames")
    wrong = [frame for frame in frames if not 0 <= frame < sheet.facts.frame_count]
    if wrong:
        raise Invalid(f"The clip has no frame {wrong[0]}.", field="frames")
    with scope(checker.tenant):
        _required(checker, sheet.run, token)
        _require_shown(checker, sheet.run, frames)
        row = MaskCheck.objects.create(
            tenant_id=checker.tenant,
            run=sheet.run,
            frames=sorted(set(frames)),
            person_id=checker.person,
        )
        details = {
            "run": str(sheet.run.id),
            "revision": sheet.run.revision,
            "frames": row.frames,
        }
        _log(checker, clip_id, "redaction.checked", details)
    return row


def _require_shown(checker: Checker, run: RedactionRun, frames: Sequence[int]) -> None:
    """Raise Invalid for a frame that the log does not know was shown to this person."""
    since = (run.based_on or run).created_at
    shown = frames_shown(person=checker.person, clip=run.clip_id, since=since)
    unseen = [f for f in frames if not any(first <= f <= last for first, last in shown)]
    if unseen:
        told = ", ".join(map(str, sorted(unseen)[:5]))
        raise Invalid(
            f"{len(unseen)} of these frames were never shown to you: {told}. Open each of them, "
            "then sign.",
            field="frames",
        )


def _log(checker: Checker, clip_id: UUID, action: str, details: dict[str, Any]) -> None:
    record(
        action=action,
        actor=checker.actor,
        tenant=checker.tenant,
        subject=("clip", clip_id),
        details=details,
    )


def copy_under_way(checker: Checker, clip_id: UUID) -> RedactionRun:
    """The clip's newest run, done or not. Raises NotFound, Conflict."""
    with scope(checker.tenant):
        _admitted(checker, clip_id)
        run: RedactionRun = RedactionRun.objects.filter(clip_id=clip_id).order_by(
            "-created_at", "id"
        )[0]
    return run
