"""Labels from outside: a file is read against its clip, and taken over as a whole or not at all."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.media.index import FrameIndex
from core.outbox.events import emit
from core.storage.vault import open_object
from core.tenancy.scope import scope
from tenants.intake.models import Clip
from tenants.projects.services import current_ontology
from workforce.labels.canonical import canonical_labels
from workforce.labels.formats.clip import SourceTimes
from workforce.labels.formats.problems import Problems
from workforce.labels.formats.reading import Format, format_of, read_labels
from workforce.labels.models import LabelImport
from workforce.labels.ontology import Ontology
from workforce.labels.proposals import content_of, cut_labels, propose, unbegun
from workforce.labels.services import MAX_TRACKS_PER_TASK
from workforce.labels.spans import Span, Stage
from workforce.labels.store import picture_in, zones_of
from workforce.labels.tracks import Track
from workforce.quality.gold import GoldRange, create_gold
from workforce.tasks.models import Task

#: A file lies in memory while it is read. Keyframes of 300,000 boxes take a tenth of this.
MAX_BYTES = 15 << 20


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file, and what it is for."""

    name: str
    content: bytes
    purpose: str = LabelImport.Purpose.PROPOSAL
    task_type: str = "boxes"


def read_import(*, actor: Actor, tenant: UUID, clip_id: UUID, file: Incoming) -> LabelImport:
    """Read a file for a clip and keep what it says; no task and no gold is touched.

    What is wrong with its lines is kept in `problems`. Raises NotFound, Conflict for a clip that is
    not cut into tasks of this type, Invalid for a file that is none of the formats.
    """
    assert actor.id is not None
    if file.purpose not in LabelImport.Purpose.values:
        raise Invalid("A file is taken over as proposal or as gold.", field="purpose")
    if len(file.content) > MAX_BYTES:
        raise Invalid(
            f"The file is over {MAX_BYTES >> 20} MB. Write it as JSON Lines with `custos convert`, "
            "which keeps keyframes only, or give each part of the clip a file.",
            field="file",
        )
    file_format = format_of(file.content[:4096])
    with scope(tenant):
        clip = _clip(clip_id)
        _tasks(clip, file.task_type)
        stage = _stage(clip)
        index_id = clip.frame_index_id if file_format is Format.JSONL else None
    times = _times(tenant, index_id)
    problems = Problems()
    found = problems.gather(
        read_labels(
            io.BytesIO(file.content),
            file_format=file_format,
            stage=stage,
            times=times,
            tell=problems.tell,
        )
    )
    tracks = [item for item in found if isinstance(item, Track)]
    spans = [item for item in found if isinstance(item, Span)]
    if not tracks and not spans and not problems.messages:
        problems.messages.append("The file holds no track and no event.")
    with scope(tenant):
        row: LabelImport = LabelImport.objects.create(
            tenant_id=tenant,
            clip_id=clip_id,
            purpose=file.purpose,
            task_type=file.task_type,
            file_name=file.name[:255],
            file_format=file_format.value,
            sha256=hashlib.sha256(file.content).hexdigest(),
            content=canonical_labels(tracks, spans).decode(),
            counts=_counts(tracks, spans),
            problems=problems.messages,
            cut_short=problems.cut_short,
            created_by_id=actor.id,
        )
        record(
            action="labels.import.read",
            actor=actor,
            tenant=tenant,
            subject=("label_import", row.id),
            details={
                "clip": str(clip_id),
                "purpose": row.purpose,
                "sha256": row.sha256,
                "problems": len(row.problems),
            },
        )
    return row


def _clip(clip_id: UUID) -> Clip:
    clip: Clip | None = Clip.objects.select_related("project").filter(id=clip_id).first()
    if clip is None:
        raise NotFound
    return clip


def _tasks(clip: Clip, task_type: str) -> list[Task]:
    if task_type == Task.LINKS:
        raise Invalid("Files hold what is drawn; links are decided by people.", field="task_type")
    tasks = list(
        Task.objects.filter(clip=clip, task_type=task_type, is_copy=False).order_by("start_frame")
    )
    if clip.state != Clip.State.READY or not tasks:
        raise Conflict(
            "This clip is not cut into tasks of this type; labels come in when it is prepared."
        )
    return tasks


def _stage(clip: Clip) -> Stage:
    assert clip.frame_count, "a clip that is cut has its frames"
    return Stage(
        Ontology.from_document(current_ontology(clip.project).document),
        picture_in(clip, 0, clip.frame_count - 1),
        tracks={},
        zones=zones_of(clip),
    )


def _times(tenant: UUID, index_id: UUID | None) -> SourceTimes | None:
    if index_id is None:
        return None
    with open_object(tenant=tenant, object_id=index_id) as stored:
        index = FrameIndex.loads(stored.read())
    return SourceTimes(index.time_base, index.pts)


def _counts(tracks: list[Track], spans: list[Span]) -> dict[str, Any]:
    drawn = (keyframe for track in tracks for keyframe in track.keyframes)
    frames = [keyframe.frame for keyframe in drawn if not keyframe.outside]
    return {
        "tracks": len(tracks),
        "events": len(spans),
        "keyframes": len(frames),
        "frames": [min(frames), max(frames)] if frames else None,
        "labels": dict(Counter(track.label for track in tracks)),
    }


def get_import(*, tenant: UUID, clip_id: UUID, import_id: UUID) -> LabelImport:
    """Find what was read of a file. Raises NotFound."""
    with scope(tenant):
        return _get(clip_id, import_id)


def _get(clip_id: UUID, import_id: UUID, *, lock: bool = False) -> LabelImport:
    rows = LabelImport.objects.select_related("clip__project", "created_by")
    rows = rows.select_for_update(of=("self",)) if lock else rows
    row: LabelImport | None = rows.filter(id=import_id, clip_id=clip_id).first()
    if row is None:
        raise NotFound
    return row


def apply_import(*, actor: Actor, tenant: UUID, clip_id: UUID, import_id: UUID) -> LabelImport:
    """Take a file over as a whole; again changes nothing.

    A proposal goes into every task that nobody has begun; gold becomes one piece for each task's
    frames. Raises NotFound, and Conflict while a line is wrong or no task is left to fill.
    """
    with scope(tenant):
        row = _get(clip_id, import_id, lock=True)
        if row.applied_at is not None:
            return row
        if row.problems:
            raise Conflict(
                f"Nothing was taken over: the file has {len(row.problems)} mistakes. Mend them and "
                "choose the file again."
            )
        tasks = _tasks(row.clip, row.task_type)
        take = _propose if row.purpose == LabelImport.Purpose.PROPOSAL else _as_gold
        row.outcome = take(actor, row, tasks)
        row.applied_at = now()
        row.save(update_fields=["outcome", "applied_at"])
        record(
            action="labels.import.applied",
            actor=actor,
            tenant=tenant,
            subject=("label_import", row.id),
            details={"clip": str(clip_id), "purpose": row.purpose, **row.outcome},
        )
        emit("labels.imported", tenant=tenant, data={"import": str(row.id), "clip": str(clip_id)})
    return row


def _propose(_: Actor, row: LabelImport, tasks: list[Task]) -> dict[str, int]:
    fresh = unbegun(tasks)
    if not fresh:
        raise Conflict(
            "Nothing was taken over: somebody has begun every task of this clip, and what people "
            "drew is never replaced."
        )
    tracks, spans = content_of(row)
    for task in fresh:
        cut, _spans = cut_labels(tracks, spans, task.start_frame, task.end_frame)
        if len(cut) > MAX_TRACKS_PER_TASK:
            raise Conflict(
                f"Frames {task.start_frame} to {task.end_frame} would hold {len(cut)} tracks; a "
                f"task holds at most {MAX_TRACKS_PER_TASK}."
            )
    written = propose(fresh, tracks, spans)
    return {"tasks": len(fresh), "begun": len(tasks) - len(fresh), "tracks": written}


def _as_gold(actor: Actor, row: LabelImport, tasks: list[Task]) -> dict[str, int]:
    tracks, spans = content_of(row)
    written = 0
    for task in tasks:
        cut, happened = cut_labels(tracks, spans, task.start_frame, task.end_frame)
        create_gold(
            actor=actor,
            tenant=row.tenant_id,
            where=GoldRange(row.clip_id, task.start_frame, task.end_frame, row.task_type),
            tracks=[track.to_wire() for track in cut],
            events=[span.to_wire() for span in happened],
        )
        written += len(cut)
    return {"tasks": len(tasks), "begun": 0, "tracks": written}


def imports_of(*, tenant: UUID, clip_id: UUID) -> tuple[Clip, list[LabelImport]]:
    """List a clip's imports, newest first, without their content. Raises NotFound."""
    with scope(tenant):
        clip = _clip(clip_id)
        rows = LabelImport.objects.filter(clip=clip).defer("content").order_by("-created_at")
        return clip, list(rows[:50])
