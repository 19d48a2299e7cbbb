"""What the reviewer's page carries beside the task: reasons, earlier ones, addresses."""

from __future__ import annotations

from typing import Any

from core.tenancy.models import Organization
from core.tenancy.scope import scope
from workforce.delivery.reading import pins_on
from workforce.quality.disputes import decisions_of, open_dispute
from workforce.quality.reasons import STANDARD
from workforce.quality.sampled import Sampled, why_reviewed
from workforce.tasks.models import Task


def review_part(*, tenant: Organization, task: Task) -> dict[str, Any]:
    """Give what frontend/src/review/wire.ts calls ReviewPart.

    `earlier`: what was said of the task before, by the client first and then the newest first.
    """
    with scope(tenant.id):
        said = [(reason, "disputed", "client") for reason in pins_on(task)]
        for row in reversed(decisions_of(task)):
            said += [(reason, row["outcome"], "review") for reason in row["reasons"]]
        disputed = open_dispute(task.id) is not None
    return {
        "standard": [{"kind": kind, "text": text} for kind, text in STANDARD.items()],
        "earlier": [
            {
                "frame": reason["frame"],
                "track": reason.get("track"),
                "text": reason["text"],
                "outcome": outcome,
                "by": by,
            }
            for reason, outcome, by in said
        ],
        "rounds": task.rounds,
        "correctable": not disputed,
        "changes": f"/api/v1/t/{tenant.slug}/tasks/{task.id}/review/changes",
    }


def sampling_of(*, tenant: Organization, task: Task) -> Sampled:
    """Say why the reviewer sees the task."""
    with scope(tenant.id):
        return why_reviewed(task)
