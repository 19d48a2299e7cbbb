"""Who is who in a release: tracks of its clips that accepted tasks of links made one object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tenants.intake.models import Clip
from workforce.labels.store import latest_label_set
from workforce.links.content import Content, read_content
from workforce.links.identities import (
    Contradiction,
    Link,
    Ref,
    Sighting,
    contradictions,
    identities,
)
from workforce.links.naming import named
from workforce.links.shared_views import shared_views
from workforce.tasks.models import Task


@dataclass(frozen=True, slots=True)
class Identities:
    """objects: the tracks of each object that is on two tracks or more, by its id, sorted.

    gone: decisions about tracks that are not in the release any more.
    """

    objects: Mapping[UUID, tuple[Ref, ...]]
    problems: Sequence[Contradiction] = ()
    gone: int = 0

    def of_clip(self, clip: UUID) -> dict[UUID, UUID]:
        """The identity of each linked track of a clip."""
        return {
            ref[1]: name for name, refs in self.objects.items() for ref in refs if ref[0] == clip
        }

    def to_json(self) -> dict[str, Any]:
        """For the manifest: what contradicts is said, not hidden."""
        return {
            "count": len(self.objects),
            "objects": {str(name): _told(refs) for name, refs in self.objects.items()},
            "contradictions": [
                {"kind": problem.kind.value, "tracks": _told(problem.chain)}
                for problem in self.problems
            ],
            "decisions_about_tracks_that_are_gone": self.gone,
        }


def _told(refs: Sequence[Ref]) -> list[list[str]]:
    return [[str(clip), str(track)] for clip, track in refs]


def objects_of(manifest: Mapping[str, Any] | None) -> dict[UUID, tuple[Ref, ...]]:
    """What a manifest says of identities; nothing for those from before there were any."""
    objects = (manifest or {}).get("identities", {}).get("objects", {})
    return {
        UUID(name): tuple((UUID(clip), UUID(track)) for clip, track in refs)
        for name, refs in objects.items()
    }


def linked_objects(
    project_id: UUID,
    tracks: Mapping[UUID, Sequence[UUID]],
    before: Mapping[UUID, Sequence[Ref]],
) -> Identities:
    """Unite the tracks of a release by the project's accepted links, in the open scope.

    tracks: by clip. before: the identities of the version before, whose names go on.
    """
    there = {(clip, track) for clip, found in tracks.items() for track in found}
    handed_in = _accepted(project_id)
    every = [link for content in handed_in for link in content.links]
    links = [link for link in every if link.first in there and link.second in there]
    parts = [part for part in identities(there, links) if len(part) > 1]
    problems = contradictions(_sightings(handed_in, links), links, shared_views())
    return Identities(named(parts, before), problems, len(every) - len(links))


def _accepted(project_id: UUID) -> list[Content]:
    rows = Task.objects.filter(
        project_id=project_id, task_type=Task.LINKS, is_copy=False, state=Task.State.ACCEPTED
    )
    found = []
    for task in rows.order_by("id"):
        label_set = latest_label_set(task.id)
        assert label_set is not None, "an accepted task was handed in"
        found.append(read_content(label_set.content))
    return found


def _sightings(handed_in: Sequence[Content], links: Sequence[Link]) -> dict[Ref, Sighting]:
    """When and where what is linked was seen, as the tasks showed it."""
    wanted = {ref for link in links for ref in (link.first, link.second)}
    shown = {
        item.shown.ref: item.shown
        for content in handed_in
        for item in content.items
        if item.shown.ref in wanted
    }
    clips = {clip.id: clip for clip in Clip.objects.filter(id__in={clip for clip, _ in wanted})}
    return {
        ref: one.sighting(camera=clips[ref[0]].camera_id, begins=clips[ref[0]].starts_at)
        for ref, one in shown.items()
    }
