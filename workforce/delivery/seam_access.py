"""Who may decide on pairs of tracks: the client's administrators, and reviewers of its vendors.

A reviewer sees footage that they hold no task of, so the project asks of them what it asks of its
annotators, and the door opens no frame but those that the open questions show.
"""

from __future__ import annotations

from uuid import UUID

from core.access.door import Entry, frame_rule
from core.access.permissions import Permission
from core.errors import NotFound
from core.tenancy.scope import scope
from tenants.intake.clips import get_clip
from tenants.intake.models import Clip
from tenants.projects.models import Project
from workforce.delivery.models import OpenSeams
from workforce.redaction.checkers import may_see_footage_of, seen_of


def admits(entry: Entry, person: UUID, project_id: UUID) -> bool:
    """Whether this person may decide on a project's pairs now, in the open scope."""
    if Permission.LABEL_DECIDE not in entry.permissions:
        return False
    return entry.vendor_id is None or may_see_footage_of(project_id, entry, person)


def require_decider(entry: Entry, person: UUID, clip_id: UUID) -> Clip:
    """Give the clip. Raises NotFound where there is none, or the person may not decide on it."""
    with scope(entry.organization.id):
        clip = get_clip(clip_id)
        if not admits(entry, person, clip.project_id):
            raise NotFound
    return clip


def open_clips(entry: Entry, person: UUID, most: int) -> list[OpenSeams]:
    """Give the clips with open questions that this person may decide on, most questions first.

    most: how many at most.
    """
    if Permission.LABEL_DECIDE not in entry.permissions:
        return []
    with scope(entry.organization.id):
        rows = OpenSeams.objects.filter(questions__gt=0, clip__state=Clip.State.READY)
        if entry.vendor_id is not None:
            projects = dict.fromkeys(Project.objects.values_list("id", flat=True), "")
            seen = seen_of(projects, entry, person)
            # Where all are open to somebody, none needs to be looked up.
            if len(seen) < len(projects):
                rows = rows.filter(clip__project_id__in=seen)
        newest = rows.select_related("clip__project").defer("frames")
        return list(newest.order_by("-questions", "clip__created_at", "id")[:most])


@frame_rule
def frames_of_seams(
    entry: Entry, user_id: UUID, clip_id: UUID, first: int, last: int
) -> UUID | None:
    """Open the frames that a clip's open questions show to a reviewer who may decide on them."""
    if entry.vendor_id is None or Permission.LABEL_DECIDE not in entry.permissions:
        return None
    with scope(entry.organization.id):
        row = OpenSeams.objects.select_related("clip").filter(clip_id=clip_id).first()
        if row is None or not any(first <= frame <= last for frame in row.frames):
            return None
        found: UUID = row.id
        return found if admits(entry, user_id, row.clip.project_id) else None
