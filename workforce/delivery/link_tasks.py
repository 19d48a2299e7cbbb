"""Tasks of links are made of clips whose labels are finished: who is who, across all of them.

Of two tracks exactly one task asks: that of the clip that begins later, or of the track that comes
later where both are of one clip. So a project can be linked again when more clips are finished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Conflict
from core.media.index import FrameIndex
from core.outbox.events import emit
from core.outbox.jobs import enqueue
from core.storage.vault import open_object
from core.tenancy.scope import scope
from tenants.intake.models import Clip
from tenants.projects.services import current_ontology, get_project
from workforce.delivery.seam_review import accepted_work, decisions_on
from workforce.delivery.services import labelled_clips
from workforce.delivery.stitching import stitch
from workforce.labels.tracks import Track
from workforce.links.appearances import Appearance, appearance
from workforce.links.content import Laid
from workforce.links.identities import Ref, Sighting
from workforce.links.laying import lay_out
from workforce.links.models import LinkedClip
from workforce.links.ranking import Place, ranked
from workforce.links.shared_views import shared_views
from workforce.tasks.models import QueueEntry, Task
from workforce.tasks.requirements import asked, requirements_of

#: Tracks that one task asks about.
SUBJECTS = 25


def order_links(*, actor: Actor, tenant: UUID, project_id: UUID) -> int:
    """Have tasks of links made of a project's finished clips; gives how many clips are new.

    Raises NotFound, and Conflict where no clip with finished labels waits for it.
    """
    with scope(tenant):
        project = get_project(project_id, lock=True)
        waiting = len(clips_to_link(project.id))
        if waiting and _at_work_again(project.id):
            raise Conflict(
                "Clips that were linked before are being worked on again. Wait until they are "
                "accepted: the new clips are compared with them."
            )
        if not waiting:
            raise Conflict(
                "No clip waits to be linked: links are made between tracks of clips whose "
                "labels are all accepted, and each clip is asked about once."
            )
        record(
            action="links.ordered",
            actor=actor,
            tenant=tenant,
            subject=("project", project.id),
            details={"clips": waiting},
        )
        enqueue("delivery.link", tenant=tenant, args={"project": str(project.id)})
    return waiting


def clips_to_link(project_id: UUID) -> list[UUID]:
    """Clips with finished labels that were never taken into links, in the open scope."""
    linked = set(_linked(project_id))
    return [clip for clip in labelled_clips(project_id) if clip not in linked]


def _linked(project_id: UUID) -> list[UUID]:
    rows = LinkedClip.objects.filter(clip__project_id=project_id)
    return list(rows.values_list("clip_id", flat=True))


def _at_work_again(project_id: UUID) -> list[UUID]:
    """Clips that were linked and went back since: their tracks may change."""
    ready = LinkedClip.objects.filter(clip__project_id=project_id, clip__state=Clip.State.READY)
    labelled = set(labelled_clips(project_id))
    return [clip for clip in ready.values_list("clip_id", flat=True) if clip not in labelled]


@dataclass(frozen=True, slots=True)
class Source:
    """A clip with its tracks, as they are shown and measured."""

    clip: Clip
    shown: list[Appearance]

    @property
    def order(self) -> tuple[bool, datetime, str]:
        """By the clock; clips of which it is not known come last, as they arrived."""
        begins = self.clip.starts_at
        return begins is None, begins or self.clip.created_at, str(self.clip.id)

    def places(self) -> Iterator[Place]:
        camera = self.clip.camera
        for one in self.shown:
            site = camera.site_id if camera else None
            yield Place(one.ref, one.label, one.attributes, one.height, site)

    def sightings(self) -> Iterator[tuple[Ref, Sighting]]:
        camera, begins = self.clip.camera_id, self.clip.starts_at
        for one in self.shown:
            yield one.ref, one.sighting(camera=camera, begins=begins)


def make_link_tasks(*, tenant: UUID, project_id: UUID) -> list[Task]:
    """Make the tasks of links that a project's finished clips ask for. A second time makes none.

    None either while a clip that was linked before is being worked on again.
    """
    with scope(tenant):
        if _at_work_again(project_id):
            return []
        new = set(clips_to_link(project_id))
        wanted = [*new, *_linked(project_id)]
        clips = list(
            Clip.objects.filter(id__in=wanted, state=Clip.State.READY).select_related("camera")
        )
        tracks = {clip.id: _tracks(clip) for clip in clips}
        shared = shared_views()
    sources = sorted(
        (Source(clip, list(_shown(tenant, clip, tracks[clip.id]))) for clip in clips),
        key=lambda source: source.order,
    )
    sightings = {ref: seen for source in sources for ref, seen in source.sightings()}
    places = {source.clip.id: list(source.places()) for source in sources}
    shown = {one.ref: one for source in sources for one in source.shown}
    # What was linked before asks about nothing new; it is there for the new clips to choose from.
    known = [
        place for source in sources if source.clip.id not in new for place in places[source.clip.id]
    ]
    made = []
    for source in sources:
        if source.clip.id not in new:
            continue
        asks: list[tuple[Appearance, list[Ref]]] = []
        for place in places[source.clip.id]:
            found = ranked(place, known, sightings, shared)
            if found:
                asks.append((shown[place.ref], [other.ref for other in found]))
            known.append(place)
        made += _write(tenant, source.clip, _sheets(asks, shown))
    return made


def _tracks(clip: Clip) -> list[Track]:
    """The clip's tracks as a release would have them, by the frame in which they come."""
    pieces = [piece for _, _, piece in accepted_work(clip)]
    found = stitch(pieces, decisions_on(clip.id)).tracks
    return sorted(found, key=lambda track: (track.keyframes[0].frame, str(track.id)))


def _shown(tenant: UUID, clip: Clip, tracks: Sequence[Track]) -> Iterator[Appearance]:
    seconds, last = _seconds(tenant, clip), (clip.frame_count or 1) - 1
    for track in tracks:
        found = appearance(clip.id, track, 0, last, seconds)
        if found is not None:
            yield found


def _seconds(tenant: UUID, clip: Clip) -> Callable[[int], float]:
    """Seconds from the clip's first frame to another: by its own times, which may be uneven."""
    if clip.frame_index_id is None:
        step = (clip.duration or 0.0) / (clip.frame_count or 1)
        return lambda frame: frame * step
    with open_object(tenant=tenant, object_id=clip.frame_index_id) as stored:
        index = FrameIndex.loads(stored.read())
    numerator, denominator = index.time_base
    pts = index.pts
    return lambda frame: (pts[frame] - pts[0]) * numerator / denominator


def _sheets(
    asks: Sequence[tuple[Appearance, list[Ref]]], shown: dict[Ref, Appearance]
) -> Iterator[list[Laid]]:
    """Tracks of one task after the other: at most SUBJECTS are asked about, then their candidates.

    A subject may be a candidate of another.
    """
    for start in range(0, len(asks), SUBJECTS):
        part = asks[start : start + SUBJECTS]
        numbers = {subject.ref: number for number, (subject, _) in enumerate(part)}
        for _, others in part:
            for ref in others:
                numbers.setdefault(ref, len(numbers))
        candidates = {subject.ref: [numbers[ref] for ref in others] for subject, others in part}
        yield [
            Laid(shown[ref], ref in candidates, tuple(candidates.get(ref, ()))) for ref in numbers
        ]


def _write(tenant: UUID, clip: Clip, sheets: Iterator[list[Laid]]) -> list[Task]:
    """Put a clip's tasks into the queue; none where another run was faster."""
    laid = list(sheets)
    with scope(tenant):
        row = Clip.objects.select_for_update().get(id=clip.id)
        if row.state != Clip.State.READY or LinkedClip.objects.filter(clip=row).exists():
            return []
        LinkedClip.objects.create(tenant_id=tenant, clip=row)
        if not laid:
            return []
        ontology = current_ontology(row.project)
        tasks = [
            Task(
                tenant_id=tenant,
                project=row.project,
                clip=row,
                ontology=ontology,
                task_type=Task.LINKS,
                start_frame=0,
                end_frame=(row.frame_count or 1) - 1,
            )
            for _ in laid
        ]
        Task.objects.bulk_create(tasks)
        for task, items in zip(tasks, laid, strict=True):
            lay_out(task, items)
        requirements = asked(requirements_of(row.project_id))
        QueueEntry.objects.bulk_create(
            QueueEntry(
                task_id=task.id,
                tenant_id=tenant,
                project_id=row.project_id,
                camera_id=row.camera_id,
                work=QueueEntry.Work.ANNOTATE,
                skill=Task.LINKS,
                **requirements,
            )
            for task in tasks
        )
        record(
            action="links.cut",
            actor=Actor.system("linker"),
            tenant=tenant,
            subject=("clip", clip.id),
            details={"tasks": [str(task.id) for task in tasks]},
        )
        emit("links.cut", tenant=tenant, data={"clip": str(clip.id)})
    return tasks
