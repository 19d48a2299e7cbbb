"""From a received clip to its exact frames: mezzanine, frame index and thumbnails, all encrypted.

The clip is decoded in the sandbox of core.media; nothing of it touches a disk in the clear. The
job may run twice (its worker died, its message came late): the clip's row decides, and objects of
the run that came second are discarded.
"""

import os
from typing import Final
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Gone
from core.media.errors import MediaFailed, MediaRefused
from core.media.prepare import Mezzanine, make_mezzanine
from core.media.probe import ProbeReport
from core.media.sandbox import SeekableReader
from core.outbox.events import emit, on
from core.outbox.jobs import JobContext
from core.storage.models import StoredObject
from core.storage.vault import create_object, discard_object, open_object
from core.tenancy.scope import scope
from tenants.intake.models import Clip

SYSTEM: Final = Actor.system("preparation")
ATTEMPTS: Final = 3
#: Seconds; a day of footage at 1080p is decoded and encoded in less on two cores.
TIMEOUT: Final = 8 * 3600
_FRAMES_PER_REPORT: Final = 100


class _Watched:
    """The source as the decoder reads it, and how far into it that is."""

    def __init__(self, source: SeekableReader) -> None:
        self._source = source
        self._size = source.seek(0, os.SEEK_END)
        self._place = 0

    def read(self, size: int = -1, /) -> bytes:
        data: bytes = self._source.read(size)
        self._place += len(data)
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._place = self._source.seek(offset, whence)
        return self._place

    @property
    def percent(self) -> int:
        """Of the bytes, 0 to 99: the last frames are still in the encoder."""
        return min(99, 100 * self._place // max(1, self._size))


@on("upload.finished", job_name="clip.prepare", max_attempts=ATTEMPTS, timeout=TIMEOUT)
def prepare_clip(ctx: JobContext, *, clip: str, **_: object) -> None:
    """Prepare a clip that has just been received. Does nothing to one that is done or erased."""
    assert ctx.tenant is not None
    clip_id = UUID(clip)
    source = _begin(ctx.tenant, clip_id)
    if source is None:
        return
    try:
        _prepare(ctx, ctx.tenant, clip_id, source)
    except MediaRefused as refusal:
        _refuse(ctx.tenant, clip_id, refusal.reason, refusal.message)
    except MediaFailed as failure:
        # The same bytes fail in the same way, unless it was this machine that was short of memory.
        if ctx.attempt < ATTEMPTS:
            raise
        reason = "too_slow" if failure.code == "media_timed_out" else "undecodable"
        _refuse(ctx.tenant, clip_id, reason, failure.message)
    except Gone:
        return  # erased meanwhile, and with it whatever was made from it


def _begin(tenant: UUID, clip_id: UUID) -> UUID | None:
    """Id of the source object of a clip that waits for preparation."""
    with scope(tenant):
        clip = Clip.objects.select_for_update().filter(id=clip_id).first()
        if clip is None or clip.state not in {Clip.State.RECEIVED, Clip.State.PREPARING}:
            return None
        clip.state = Clip.State.PREPARING
        clip.prepared_percent = 0
        clip.save(update_fields=["state", "prepared_percent"])
        source_id: UUID = clip.source_id
        return source_id


def _prepare(ctx: JobContext, tenant: UUID, clip_id: UUID, source_id: UUID) -> None:
    reported = 0

    with (
        open_object(tenant=tenant, object_id=source_id) as source,
        create_object(tenant=tenant, kind="mezzanine", derived_from=[source_id]) as writer,
    ):
        watched = _Watched(source)

        def progress(frames: int) -> None:
            nonlocal reported
            if frames - reported >= _FRAMES_PER_REPORT:
                reported = frames
                ctx.heartbeat()
                _report(tenant, clip_id, watched.percent)

        made = make_mezzanine(watched, writer, progress=progress)
    parts = {
        "mezzanine": writer.stored,
        "frame_index": _store(tenant, "frame_index", made.index.dumps(), source_id),
        "thumbnails": _store(tenant, "thumbnails", made.sheet, source_id),
    }
    if not _finish(tenant, clip_id, made, parts):
        for part in parts.values():
            discard_object(tenant=tenant, object_id=part.id)


def _report(tenant: UUID, clip_id: UUID, percent: int) -> None:
    """Tell how far it is. Raises Gone when the clip was erased, or made ready by another run."""
    with scope(tenant):
        waiting = Clip.objects.filter(id=clip_id, state=Clip.State.PREPARING)
        if not waiting.update(prepared_percent=percent):
            raise Gone("This clip is no longer being prepared.")


def _store(tenant: UUID, kind: str, data: bytes, source_id: UUID) -> StoredObject:
    with create_object(tenant=tenant, kind=kind, derived_from=[source_id]) as writer:
        writer.write(data)
    return writer.stored


def _finish(tenant: UUID, clip_id: UUID, made: Mezzanine, parts: dict[str, StoredObject]) -> bool:
    """Make the clip ready. False when another run, or an erasure, came first."""
    with scope(tenant):
        clip = Clip.objects.select_for_update().get(id=clip_id)
        if clip.state != Clip.State.PREPARING:
            return False
        for name, part in parts.items():
            setattr(clip, name, part)
        _describe(clip, made.report)
        clip.state = Clip.State.READY
        clip.prepared_percent = 100
        clip.prepared_at = now()
        clip.save()
        record(
            action="clip.prepared",
            actor=SYSTEM,
            tenant=tenant,
            subject=("clip", clip_id),
            details={
                "frames": made.report.frame_count,
                "gops": len(made.index.gops),
                "damaged": made.report.damaged,
                "objects": {name: str(part.id) for name, part in parts.items()},
                "sha256": {name: bytes(part.sha256).hex() for name, part in parts.items()},
            },
        )
        emit("clip.prepared", tenant=tenant, data={"clip": str(clip_id)})
    return True


def _describe(clip: Clip, report: ProbeReport) -> None:
    clip.container = report.container or ""
    clip.codec = report.codec or ""
    clip.width, clip.height = report.width, report.height
    clip.frame_count = report.frame_count
    clip.duration = report.duration_seconds
    clip.time_base_numerator, clip.time_base_denominator = report.time_base
    clip.variable_rate = report.variable_rate
    clip.has_audio = report.has_audio


def _refuse(tenant: UUID, clip_id: UUID, reason: str, message: str) -> None:
    with scope(tenant):
        clip = Clip.objects.select_for_update().get(id=clip_id)
        if clip.state != Clip.State.PREPARING:
            return
        clip.state = Clip.State.REFUSED
        clip.refusal_reason, clip.refusal_message = reason, message
        clip.save(update_fields=["state", "refusal_reason", "refusal_message"])
        record(
            action="clip.refused",
            actor=SYSTEM,
            tenant=tenant,
            subject=("clip", clip_id),
            details={"reason": reason},
        )
        emit("clip.refused", tenant=tenant, data={"clip": str(clip_id)})
