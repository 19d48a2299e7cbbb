"""Building a release: labels stitched, footage redacted, everything hashed and signed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.clock import now
from core.errors import Conflict
from core.media.digests import picture_digests
from core.media.index import FrameIndex
from core.storage.vault import create_object, discard_object, open_object
from core.tenancy.scope import scope
from tenants.contracts.services import terms_in_force
from tenants.intake.models import Clip
from workforce.delivery.clocks import clocks_of, tick
from workforce.delivery.frames import ClipFrames, clip_frames
from workforce.delivery.identities import Identities, linked_objects, objects_of
from workforce.delivery.manifest import build_manifest, sign_manifest, signature_file, signer
from workforce.delivery.models import AcceptanceDue, Release
from workforce.delivery.package import Package, open_package
from workforce.delivery.release_gate import held_back, waits_for_seams
from workforce.delivery.seam_review import accepted_work, decisions_on
from workforce.delivery.seams import Doubt
from workforce.delivery.services import earlier_release
from workforce.delivery.sla import Clock, ClockAction
from workforce.delivery.stitching import stitch
from workforce.labels.canonical import canonical_json, content_hash
from workforce.labels.formats.clip import ClipLabels, SourceTimes
from workforce.labels.formats.coco import write_coco
from workforce.labels.formats.cvat_xml import write_cvat
from workforce.labels.formats.jsonl import write_jsonl
from workforce.labels.formats.mot import write_mot, write_mot_labels
from workforce.labels.interpolation import shapes
from workforce.labels.ontology import Ontology
from workforce.labels.spans import Span
from workforce.labels.tracks import Picture, Track
from workforce.redaction.residual import added_up
from workforce.redaction.services import Redacted, redacted_object

MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class ClipContent:
    """All that a release needs of one clip, read in one scope; no transaction stays open."""

    clip_id: UUID
    source_sha256: str
    picture: Picture
    ontology: Ontology
    ontology_number: int
    tracks: list[Track]
    spans: list[Span]
    label_sets: list[dict[str, Any]]
    redacted: Redacted
    started_at: str | None
    time_zone: str
    #: Seconds, from the first frame to the end of the last.
    duration: float
    frame_index: UUID | None = None
    #: Pairs of tracks at tasks' borders that nobody decided on.
    doubts: list[Doubt] = field(default_factory=list)


def read_clip(clip: Clip) -> ClipContent:
    """Gather a clip's accepted labels and its redacted footage, in the open scope."""
    work = accepted_work(clip)
    stitched = stitch([piece for _, _, piece in work], decisions_on(clip.id))
    newest = max((task.ontology for task, _, _ in work), key=lambda ontology: ontology.number)
    return ClipContent(
        clip_id=clip.id,
        source_sha256=bytes(clip.source.sha256).hex(),
        picture=Picture(clip.width or 0, clip.height or 0, 0, (clip.frame_count or 1) - 1),
        ontology=Ontology.from_document(newest.document),
        ontology_number=newest.number,
        tracks=stitched.tracks,
        spans=stitched.spans,
        label_sets=[
            {
                "task": str(task.id),
                "frames": [task.start_frame, task.end_frame],
                "sha256": label_set.sha256,
            }
            for task, label_set, _ in work
        ],
        doubts=stitched.doubts,
        redacted=redacted_object(clip),
        started_at=clip.starts_at.isoformat() if clip.starts_at else None,
        time_zone=clip.time_zone,
        duration=clip.duration or 0.0,
        frame_index=clip.frame_index_id,
    )


def links_of(linked: Identities, clip: UUID) -> dict[str, int | str]:
    """Count a clip's tracks that are one object with others; nothing where none is."""
    count = len(linked.of_clip(clip))
    return {"link": count} if count else {}


def units_of(content: ClipContent) -> dict[str, int | str]:
    """Count what is billed: frames, keyframes drawn, objects (tracks) seen, time.

    Minutes are those in which an event of each kind goes on, tasks that overlap counted once. Time
    is a decimal in text: money never passes through a float.
    """
    first, last = content.picture.start, content.picture.end
    seconds, frames = Decimal(repr(content.duration)), last - first + 1
    eventful = len({(s.event, f) for s in content.spans for f in range(s.start, s.end + 1)})
    return {
        "event_minute": f"{(seconds * eventful / frames / 60).quantize(MILLIONTH)}",
        "frame": frames,
        "hour": f"{(seconds / 3600).quantize(MILLIONTH)}",
        "keyframe": sum(
            1 for t in content.tracks for keyframe in t.keyframes if not keyframe.outside
        ),
        "object": sum(1 for t in content.tracks if next(shapes(t, first, last), None)),
    }


def build_release(*, tenant: UUID, release_id: UUID) -> UUID:
    """Write the package of a release; give the id of its object.

    A second run writes the package anew and keeps the first that was registered. Raises Conflict
    where the project's releases wait for questions that are open.
    """
    with scope(tenant):
        release = Release.objects.get(id=release_id)
        clips = Clip.objects.select_related("source").filter(id__in=release.clips)
        contents = [read_clip(clip) for clip in clips.order_by("created_at", "id")]
        undecided = sum(len(content.doubts) for content in contents)
        # Ordered while all was decided; a task may have been accepted anew since.
        if undecided and waits_for_seams(release.project_id):
            raise Conflict(held_back(undecided))
        instant = now()
        clocks = clocks_of((c.clip_id for c in contents), instant=instant)
        linked = _linked(release, contents)
    frames = {content.clip_id: read_clip_frames(tenant, content) for content in contents}
    entries = [
        _clip_entry(content, clocks[content.clip_id], frames[content.clip_id])
        for content in contents
    ]
    derived = [content.redacted.object_id for content in contents]
    with create_object(tenant=tenant, kind="release", derived_from=derived) as sink:  # noqa: SIM117
        with open_package(sink) as package:
            for content in contents:
                labels = _labels(content, frames[content.clip_id], linked)
                _add_clip(package, tenant, content, labels, release.formats)
                package.add(f"{content.clip_id}/frames.jsonl", frames[content.clip_id].write)
            manifest = build_manifest(
                release={
                    "id": str(release.id),
                    "tenant": str(tenant),
                    "project": str(release.project_id),
                    "number": release.number,
                    "created_at": instant.isoformat(),
                    "residual": added_up(
                        content.redacted.report.get("residual", {}) for content in contents
                    ),
                },
                clips=entries,
                files=package.files,
                identities=linked.to_json(),
            )
            key = signer()
            signature = sign_manifest(manifest, key)
            package.add_bytes("manifest.json", canonical_json(manifest))
            package.add_bytes("manifest.sig", signature_file(signature, key.public_key))
    units = {
        str(content.clip_id): units_of(content) | links_of(linked, content.clip_id)
        for content in contents
    }
    kept = _register(
        tenant=tenant,
        release_id=release_id,
        package_id=sink.stored.id,
        manifest=manifest,
        signature=signature,
        units=units,
    )
    if kept != sink.stored.id:
        discard_object(tenant=tenant, object_id=sink.stored.id)
    return kept


def _linked(release: Release, contents: Iterable[ClipContent]) -> Identities:
    """Who is who in it, under the names of the version before, in the open scope."""
    earlier = earlier_release(release)
    tracks = {content.clip_id: [track.id for track in content.tracks] for content in contents}
    before = objects_of(earlier.manifest if earlier else None)
    return linked_objects(release.project_id, tracks, before)


def _register(
    *,
    tenant: UUID,
    release_id: UUID,
    package_id: UUID,
    manifest: dict[str, Any],
    signature: bytes,
    units: dict[str, dict[str, int | str]],
) -> UUID:
    with scope(tenant):
        release = Release.objects.select_for_update().get(id=release_id)
        if release.package_id is not None:
            return release.package_id
        release.package_id = package_id
        release.manifest = manifest
        release.signature = signature
        release.units = units
        release.state = Release.State.READY
        release.ready_at = now()
        release.accepted_by_silence_at = release.ready_at + timedelta(
            days=terms_in_force().sla.accept_days
        )
        release.save()
        AcceptanceDue.objects.create(
            release_id=release.id, tenant_id=tenant, due_at=release.accepted_by_silence_at
        )
        for clip_id in release.clips:
            tick(clip_id=UUID(clip_id), action=ClockAction.STOP, at=release.ready_at)
    return package_id


def read_clip_frames(tenant: UUID, content: ClipContent) -> ClipFrames:
    """Decode the footage that is delivered and list its frames. Raises Conflict, MediaRefused."""
    source = None
    if content.frame_index is not None:
        with open_object(tenant=tenant, object_id=content.frame_index) as stored:
            index = FrameIndex.loads(stored.read())
        source = SourceTimes(index.time_base, index.pts)
    with open_object(tenant=tenant, object_id=content.redacted.object_id) as footage:
        digests = picture_digests(footage)
    return clip_frames(digests, source=source, expected=content.picture.end + 1)


def _clip_entry(content: ClipContent, clock: Clock, frames: ClipFrames) -> dict[str, Any]:
    return {
        "clip": str(content.clip_id),
        "source_sha256": content.source_sha256,
        "starts_at": content.started_at,
        "time_zone": content.time_zone,
        "frames": content.picture.end + 1,
        "picture": [content.picture.width, content.picture.height],
        "ontology_version": content.ontology_number,
        "label_sets": content.label_sets,
        "tracks": _hashes(content.tracks),
        "events": _hashes(content.spans),
        # What is not sure is said, not hidden: the client can decide, and order another version.
        "undecided_seams": [doubt.to_json() for doubt in content.doubts],
        "footage": {
            "sha256": content.redacted.sha256,
            "time_base": list(frames.time_base),
            "source_time_base": frames.source_time_base,
            "redaction": content.redacted.report,
        },
        "sla": {
            "due_at": clock.due_at.isoformat() if clock.due_at else None,
            "elapsed_seconds": round(clock.elapsed.total_seconds(), 3),
            "late_by_seconds": round(clock.late_by.total_seconds(), 3),
            "credit_percent": str(clock.credit_percent),
            "met": clock.met,
        },
    }


def _hashes(labels: Iterable[Track | Span]) -> dict[str, str]:
    """SHA-256 of each track or event in its canonical form, by id: what a diff compares."""
    return {str(item.id): content_hash(canonical_json(item.to_wire())) for item in labels}


def _labels(content: ClipContent, frames: ClipFrames, linked: Identities) -> ClipLabels:
    return ClipLabels(
        name=str(content.clip_id),
        picture=content.picture,
        ontology=content.ontology,
        tracks=content.tracks,
        spans=content.spans,
        times=frames.source,
        identities=linked.of_clip(content.clip_id),
    )


def _add_clip(
    package: Package, tenant: UUID, content: ClipContent, labels: ClipLabels, formats: list[str]
) -> None:
    name = labels.name
    if "coco" in formats:
        package.add(f"{name}/coco.json", lambda out: write_coco(out, labels))
    if "jsonl" in formats:
        package.add(f"{name}/labels.jsonl", lambda out: write_jsonl(out, labels))
    if "mot" in formats:
        package.add(f"{name}/mot/gt.txt", lambda out: write_mot(out, labels))
        package.add(f"{name}/mot/labels.txt", lambda out: write_mot_labels(out, content.ontology))
    if "cvat" in formats:
        package.add(f"{name}/cvat.xml", lambda out: write_cvat(out, labels))
    with open_object(tenant=tenant, object_id=content.redacted.object_id) as footage:
        package.copy(f"{name}/footage.mp4", footage)
