"""Where each clip is, for the client's pages: one query a kind of row, however many clips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q

from tenants.intake.models import Clip
from workforce.delivery.outlook import Outlook, outlooks
from workforce.delivery.sla import Clock
from workforce.tasks.models import Task

#: The six stages of the bar.
STAGES = ("Received", "Prepared", "Labelled", "Reviewed", "Redacted", "Released")


#: A status and its word for each state of an outlook.
PROMISES = {
    "unstarted": ("neutral", "No clock"),
    "on_track": ("ok", "On time"),
    "at_risk": ("warn", "May be late"),
    "late": ("bad", "Late"),
    "paused": ("hold", "Clock stopped"),
    "done": ("ok", "On time"),
    "done_late": ("bad", "Late"),
}


@dataclass(frozen=True, slots=True)
class ClipProgress:
    """One clip: its tasks, its stage from 0 to 6, and whether it will be on time."""

    clip: Clip
    tasks: int
    submitted: int
    accepted: int
    released: bool
    outlook: Outlook

    @property
    def clock(self) -> Clock:
        return self.outlook.clock

    @property
    def stage(self) -> int:
        """Give how many stages are behind it."""
        if self.released:
            return 6
        if self.clip.state != Clip.State.READY:
            return 1
        if self.tasks and self.accepted == self.tasks:
            return 4
        if self.tasks and self.submitted + self.accepted == self.tasks:
            return 3
        return 2

    @property
    def bar(self) -> list[dict[str, object]]:
        """Give the six stages for the stage bar."""
        done, share = self.stage, 0.0
        if done == 2 and self.tasks:
            share = (self.submitted + self.accepted) / self.tasks
        if done == 3 and self.tasks:
            share = self.accepted / self.tasks
        stages: list[dict[str, object]] = []
        for position, name in enumerate(STAGES):
            state = "done" if position < done else "current" if position == done else "todo"
            stages.append({"name": name, "state": state, "share": share})
        return stages

    @property
    def words(self) -> str:
        """Say where it is."""
        if self.clip.state == Clip.State.REFUSED:
            return "Refused"
        if self.clip.state == Clip.State.ERASED:
            return "Erased"
        return {
            1: self._preparing,
            2: f"Labelling, {self.submitted + self.accepted} of {self.tasks} tasks handed in",
            3: f"Review, {self.accepted} of {self.tasks} tasks accepted",
            4: "Finished, not released yet",
            6: "Released",
        }[self.stage]

    @property
    def _preparing(self) -> str:
        percent = self.clip.prepared_percent
        return f"Preparing, {percent} %" if percent else "Preparing"

    @property
    def promise(self) -> tuple[str, str]:
        """Give a status and its word: is it on time?"""
        return PROMISES["unstarted" if self.clip.state in Clip.OVER else self.outlook.state]


def progress_of(
    clips: Sequence[Clip], released: set[UUID], expected: Mapping[UUID, Outlook] | None = None
) -> list[ClipProgress]:
    """Give the progress of clips, in their order, in the open scope.

    expected: their outlooks, where they were read.
    """
    ids = [clip.id for clip in clips]
    counts = {
        row["clip_id"]: row
        for row in Task.objects.filter(clip__id__any_of=ids, is_copy=False)
        .values("clip_id")
        .annotate(
            tasks=Count("id"),
            submitted=Count("id", filter=Q(state=Task.State.SUBMITTED)),
            accepted=Count("id", filter=Q(state=Task.State.ACCEPTED)),
        )
    }
    found = outlooks(ids) if expected is None else expected
    nothing = {"tasks": 0, "submitted": 0, "accepted": 0}
    result = []
    for clip in clips:
        row = counts.get(clip.id, nothing)
        result.append(
            ClipProgress(
                clip=clip,
                tasks=row["tasks"],
                submitted=row["submitted"],
                accepted=row["accepted"],
                released=clip.id in released,
                outlook=found[clip.id],
            )
        )
    return result
