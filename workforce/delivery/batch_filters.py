"""Which batches a person asks for: by project, by where they are, and by when they came."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.web.filters import Period, any_of
from tenants.intake.models import Batch, Clip
from tenants.projects.models import Project
from workforce.delivery.models import Release

#: Where a batch can be, for who looks for some: key and name.
STATES = {
    "empty": "No clip yet",
    "preparing": "Being prepared",
    "work": "In work",
    "accepted": "All accepted",
    "refused": "With refused clips",
}


class BatchesAsked(Period):
    """What the page's query asks for."""

    field_order = ("project", "state", "since", "until")

    def __init__(self, data: Mapping[str, Any]) -> None:
        """Fill the choices from the open scope."""
        super().__init__(data)
        self.fields["since"].label, self.fields["until"].label = "Received from", "Received until"
        projects = Project.objects.order_by("name").values_list("id", "name")
        self.fields["project"] = any_of([(str(key), name) for key, name in projects], "Project")
        self.fields["state"] = any_of([*STATES.items()], "Where")
        self.order_fields(self.field_order)

    def batches(self) -> QuerySet[Batch]:
        """Give the batches that are asked for, the newest first, in the open scope."""
        given = self.given
        rows = Batch.objects.select_related("project").filter(self.within("created_at"))
        if given.get("project"):
            rows = rows.filter(project_id=given["project"])
        if given.get("state"):
            rows = rows.filter(_at(given["state"]))
        return rows.order_by("-created_at", "id")


def _at(state: str) -> Q:
    """Give the condition on batches of the open scope that one is at a key of STATES.

    Refused and erased clips do not count, but where they are asked for.
    """
    clips = Clip.objects.filter(batch=OuterRef("pk"))
    counted = clips.exclude(state__in=Clip.OVER)
    preparing = counted.exclude(state=Clip.State.READY)
    if state == "empty":
        return Q(~Exists(clips))
    if state == "preparing":
        return Q(Exists(preparing))
    if state == "refused":
        return Q(Exists(clips.filter(state=Clip.State.REFUSED)))
    accepted = Release.objects.filter(state=Release.State.ACCEPTED).values_list("clips", flat=True)
    left = counted.exclude(id__in={UUID(clip) for held in accepted for clip in held})
    if state == "work":
        return Q(Exists(left)) & ~Q(Exists(preparing))
    return Q(Exists(counted)) & ~Q(Exists(left))
