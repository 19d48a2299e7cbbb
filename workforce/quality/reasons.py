"""Reasons pinned to frames: why something goes back, and what its author says to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.errors import Invalid
from workforce.tasks.models import Task

MAX_REASONS = 200
MAX_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Reason:
    """Text, pinned to a frame of the task and perhaps to a track."""

    frame: int
    text: str
    track: UUID | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "frame": self.frame,
            "track": str(self.track) if self.track else None,
            "text": self.text,
        }


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
