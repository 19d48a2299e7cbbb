"""The jobs of a run: look, render, measure; or lay corrections over an earlier run, and go on.

Each may run twice; the run's row decides.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import numpy as np

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import CustosError, Gone
from core.media.errors import MediaRefused
from core.media.render import MODES, SOUNDS, render_masked
from core.media.render import Audio as Sound
from core.media.render import Mode as Cover
from core.media.tags import TAGS
from core.outbox.events import emit
from core.outbox.jobs import JobContext, JobLost, enqueue, job
from core.storage.models import StoredObject
from core.storage.vault import create_object, discard_object, open_object
from core.tenancy.scope import scope
from workforce.redaction.boxes import Boxes
from workforce.redaction.checking import facts_of, read_object
from workforce.redaction.corrections import corrections_from, engine_id, laid_over
from workforce.redaction.detectors.recipe import Mode
from workforce.redaction.finding import ClipFacts, Finding, Place, find
from workforce.redaction.masks import masks_of, places_from, to_wire, trails_of
from workforce.redaction.models import MaskRevision, RedactionRun
from workforce.redaction.policies import Policy
from workforce.redaction.residual import LOOKS_A_SECOND, Mark, residual

SYSTEM: Final = Actor.system("redaction")
ATTEMPTS: Final = 3
#: Seconds; looking takes about as long as the clip lasts at 960 x 540 on two cores.
TIMEOUT: Final = 8 * 3600
_FRAMES_PER_HEARTBEAT: Final = 25

State = RedactionRun.State


class _Work:
    """A run as its job found it, in no transaction."""

    def __init__(self, ctx: JobContext, run: RedactionRun) -> None:
        assert ctx.tenant is not None
        clip = run.clip
        self.ctx = ctx
        self.tenant: UUID = ctx.tenant
        self.run_id: UUID = run.id
        self.clip_id: UUID = clip.id
        self.source_id: UUID = clip.source_id
        self.masks_id: UUID | None = run.masks_id
        self.output_id: UUID | None = run.output_id
        self.root_id: UUID = run.root_id
        self.revision: int = run.revision
        self.policy = Policy.from_json(run.policy)
        self.facts = facts_of(clip)
        self._beaten = 0

    @property
    def overlays(self) -> Boxes:
        return np.array(self.policy.overlays, dtype=np.float64).reshape(-1, 4)

    def progress(self, frame: int) -> None:
        """Say now and then that the work goes on. Raises JobLost."""
        if frame - self._beaten >= _FRAMES_PER_HEARTBEAT:
            self._beaten = frame
            self.ctx.heartbeat()

    def places(self) -> dict[int, list[Place]]:
        """The places that were found, from their encrypted object."""
        assert self.masks_id is not None
        return places_from(read_object(self.tenant, self.masks_id)["frames"])


@job("redaction.detect", max_attempts=ATTEMPTS, timeout=TIMEOUT)
def detect(ctx: JobContext, *, run: str) -> None:
    """Find and follow what the policy hides; store the masks; go on to render."""
    with _working(ctx, run, State.DETECTING) as work:
        if work is None:
            return
        with open_object(tenant=work.tenant, object_id=work.source_id) as source:
            finding = find(
                source,
                work.facts,
                subjects=work.policy.subjects,
                mode=Mode(work.policy.mode),
                overlays=work.overlays,
                padding=work.policy.padding,
                least_score=work.policy.least_score,
                progress=work.progress,
            )
        words = {
            "frames": to_wire(finding.places, facts=work.facts),
            "trails": trails_of(finding),
            "every": finding.every,
        }
        stored = _store(work, words, [work.source_id])

        def found(row: RedactionRun) -> None:
            row.masks, row.state = stored, State.RENDERING
            row.report = {"found": _found(finding)}
            enqueue("redaction.render", tenant=work.tenant, args={"run": run})

        _step(work, State.DETECTING, found, made=stored)


@job("redaction.compose", max_attempts=ATTEMPTS, timeout=TIMEOUT)
def compose(ctx: JobContext, *, run: str) -> None:
    """Lay a revision of people's corrections over the engine's masks; go on to render."""
    with _working(ctx, run, State.COMPOSING) as work:
        if work is None:
            return
        with scope(work.tenant):
            root = RedactionRun.objects.get(id=work.root_id)
            revision = MaskRevision.objects.get(run=root, number=work.revision)
            manual = _manual(revision)
        engine = read_object(work.tenant, root.masks_id)
        places = places_from(engine["frames"])
        ids = {engine_id(one): one.subject for here in places.values() for one in here}
        wire = read_object(work.tenant, revision.edits_id)
        corrections = corrections_from(wire, facts=work.facts, engine=ids)
        whole = laid_over(places, corrections)
        words = {**engine, "frames": to_wire(whole, facts=work.facts)}
        stored = _store(work, words, [work.source_id])

        def composed(row: RedactionRun) -> None:
            row.masks, row.state = stored, State.RENDERING
            found = {**root.report.get("found", {}), "frames_masked": len(whole)}
            row.report = {"found": found, "manual": manual}
            enqueue("redaction.render", tenant=work.tenant, args={"run": run})

        _step(work, State.COMPOSING, composed, made=stored)


def _manual(revision: MaskRevision) -> dict[str, Any]:
    """What people changed, for the report and the signed manifest."""
    authors = MaskRevision.objects.filter(run=revision.run, number__lte=revision.number)
    return {
        "revision": revision.number,
        **revision.counts,
        "by": sorted({str(one) for one in authors.values_list("author_id", flat=True)}),
        "at": revision.created_at.isoformat(),
    }


@job("redaction.render", max_attempts=ATTEMPTS, timeout=TIMEOUT)
def render(ctx: JobContext, *, run: str) -> None:
    """Write the redacted copy; go on to measure."""
    with _working(ctx, run, State.RENDERING) as work:
        if work is None:
            return
        assert work.masks_id is not None
        with (
            open_object(tenant=work.tenant, object_id=work.source_id) as source,
            create_object(
                tenant=work.tenant,
                kind="redacted",
                derived_from=[work.source_id, work.masks_id],
            ) as writer,
        ):
            rendering = render_masked(
                source,
                writer,
                masks_of(work.places(), facts=work.facts),
                mode=cover_of(work.policy.cover),
                audio=sound_of(work.policy.audio),
                keep_tags=[tag for tag in TAGS if tag in work.policy.keep_tags],
                progress=work.progress,
            )

        def rendered(row: RedactionRun) -> None:
            row.output, row.state = writer.stored, State.MEASURING
            row.report = {
                **row.report,
                "frames": rendering.frame_count,
                "width": rendering.width,
                "height": rendering.height,
                "audio": rendering.audio,
                "tags": list(rendering.tags),
            }
            enqueue("redaction.residual", tenant=work.tenant, args={"run": run})

        _step(work, State.RENDERING, rendered, made=writer.stored)


def sound_of(name: str) -> Sound:
    """What becomes of the sound by a policy."""
    return next(sound for sound in SOUNDS if sound == name)


def cover_of(name: str) -> Cover:
    """How a policy's masks are drawn."""
    return next(cover for cover in MODES if cover == name)


@job("redaction.residual", max_attempts=ATTEMPTS, timeout=TIMEOUT)
def measure(ctx: JobContext, *, run: str) -> None:
    """Measure what is left with another detector; the copy may be delivered from then on."""
    with _working(ctx, run, State.MEASURING) as work:
        if work is None:
            return
        assert work.output_id is not None
        marks: list[dict[str, Any]] = []
        with (
            open_object(tenant=work.tenant, object_id=work.source_id) as source,
            open_object(tenant=work.tenant, object_id=work.output_id) as output,
        ):
            left = residual(
                source,
                output,
                work.facts,
                places=work.places(),
                subjects=work.policy.subjects,
                mode=Mode(work.policy.mode),
                overlays=work.overlays,
                progress=work.progress,
                tell=lambda mark: marks.append(_mark(mark, work.facts)),
            )
        stored = _store(work, {"marks": marks}, [work.source_id])

        def measured(row: RedactionRun) -> None:
            row.report = {**row.report, "residual": left, "policy": row.policy}
            row.findings = stored
            row.state, row.finished_at = State.DONE, now()
            _record(
                work,
                "redaction.finished",
                {
                    "output": str(row.output_id),
                    "sha256": bytes(row.output.sha256).hex(),
                    "report": row.report,
                },
            )
            emit(
                "clip.redacted",
                tenant=work.tenant,
                data={"clip": str(work.clip_id), "run": run, "object": str(row.output_id)},
            )

        _step(work, State.MEASURING, measured, made=stored)


def _mark(mark: Mark, facts: ClipFacts) -> dict[str, Any]:
    return {
        "kind": mark.kind,
        "subject": str(mark.subject),
        "frame": mark.frame,
        "box": [round(float(value), 2) for value in mark.box],
        "every": facts.stride(LOOKS_A_SECOND),
    }


@contextmanager
def _working(ctx: JobContext, run: str, state: str) -> Iterator[_Work | None]:
    """The run when it waits for this step, else None; failures of the last attempt are kept."""
    assert ctx.tenant is not None
    with scope(ctx.tenant):
        row = RedactionRun.objects.select_related("clip").filter(id=UUID(run)).first()
        work = _Work(ctx, row) if row is not None and row.state == state else None
    try:
        yield work
    except JobLost:
        raise
    except (Gone, MediaRefused) as final:
        # Erased meanwhile, and with it all that was made from it; or not a film, now and ever.
        _fail(work, state, final)
    except CustosError as error:
        if ctx.attempt < ATTEMPTS:
            raise
        _fail(work, state, error)


def _step(
    work: _Work,
    state: str,
    change: Callable[[RedactionRun], None],
    *,
    made: StoredObject | None = None,
) -> None:
    """Apply `change` if the run is still in `state`; else another worker did: drop what we made."""
    with scope(work.tenant):
        row = RedactionRun.objects.select_for_update().get(id=work.run_id)
        if row.state == state:
            change(row)
            row.save()
            return
    if made is not None:
        discard_object(tenant=work.tenant, object_id=made.id)


def _fail(work: _Work | None, state: str, error: CustosError) -> None:
    assert work is not None

    def failed(row: RedactionRun) -> None:
        row.state, row.finished_at = State.FAILED, now()
        row.failure_code, row.failure_message = error.code, error.message
        _record(work, "redaction.failed", {"step": state, "code": error.code})

    _step(work, state, failed)


def _record(work: _Work, action: str, details: dict[str, Any]) -> None:
    record(
        action=action,
        actor=SYSTEM,
        tenant=work.tenant,
        subject=("clip", work.clip_id),
        details={"run": str(work.run_id), **details},
    )


def _store(work: _Work, words: dict[str, Any], derived_from: list[UUID]) -> StoredObject:
    with create_object(tenant=work.tenant, kind="masks", derived_from=derived_from) as writer:
        writer.write(json.dumps(words).encode())
    return writer.stored


def _found(finding: Finding) -> dict[str, Any]:
    return {
        "frames_looked_at": finding.looked_at,
        "frames_masked": len(finding.places),
        "tracks": {str(subject): len(tracks) for subject, tracks in finding.tracks.items()},
    }
