"""Reasons pinned to frames: why something goes back, and what its author says to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from core.errors import Invalid
from workforce.tasks.models import Task

MAX_REASONS = 200
MAX_TEXT = 2_000


class ReasonKind(StrEnum):
    """The standard reasons: what reviewers find again and again, so that it can be counted."""

    LOOSE_SHAPE = "loose_shape"
    MISSED_OBJECT = "missed_object"
    FALSE_OBJECT = "false_object"
    WRONG_LABEL = "wrong_label"
    WRONG_ATTRIBUTE = "wrong_attribute"
    SWAPPED_IDENTITY = "swapped_identity"
    WRONG_ENDS = "wrong_ends"
    WRONG_FLAG = "wrong_flag"
    WRONG_EVENT = "wrong_event"


#: The order is that of the keys 1 to 9 in review, so it stays.
STANDARD: dict[ReasonKind, str] = {
    ReasonKind.LOOSE_SHAPE: "Shape does not fit",
    ReasonKind.MISSED_OBJECT: "Object missed",
    ReasonKind.FALSE_OBJECT: "Not an object",
    ReasonKind.WRONG_LABEL: "Wrong label",
    ReasonKind.WRONG_ATTRIBUTE: "Wrong attribute",
    ReasonKind.SWAPPED_IDENTITY: "Identities swapped",
    ReasonKind.WRONG_ENDS: "Begins or ends wrong",
    ReasonKind.WRONG_FLAG: "Occluded or outside wrong",
    ReasonKind.WRONG_EVENT: "Event wrong or missing",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Text, pinned to a frame of the task and perhaps to a track; of a standard kind or of none."""

    frame: int
    text: str
    track: UUID | None = None
    kind: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it is kept and shown; `kind` is there only where it says something."""
        kind = {"kind": self.kind} if self.kind else {}
        track = str(self.track) if self.track else None
        return {"frame": self.frame, "track": track, "text": self.text, **kind}


def check_reasons(reasons: Sequence[Reason], task: Task) -> None:
    """Raise Invalid for too many reasons, a frame outside the task, or an empty text."""
    if len(reasons) > MAX_REASONS:
        raise Invalid(f"Give at most {MAX_REASONS} reasons.", field="reasons")
    for position, reason in enumerate(reasons):
        field = f"reasons[{position}]"
        if not task.start_frame <= reason.frame <= task.end_frame:
            raise Invalid(
                f"Frame {reason.frame} is outside the task; use frames {task.start_frame} to "
                f"{task.end_frame}.",
                field=f"{field}.frame",
            )
        if not 0 < len(reason.text.strip()) <= MAX_TEXT or "\x00" in reason.text:
            raise Invalid(f"Say the reason in 1 to {MAX_TEXT} characters.", field=f"{field}.text")
