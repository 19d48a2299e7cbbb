"""The operator's page of health: each part that the portal needs, and what to do where one ails."""

from typing import Any

from core.access.permissions import Permission
from core.outbox import measures
from core.web.health import parts_now
from core.web.pages import OperatorPage

#: What each part is for, and what to do when it is not well.
PARTS = {
    "database": ("Holds every row.", "See that PostgreSQL runs and that this process reaches it."),
    "broker": (
        "Wakes workers; jobs themselves are rows, so nothing is lost while it is away.",
        "See that Valkey or RabbitMQ runs. Work goes on when it is back.",
    ),
    "jobs": ("Heavy work, beside the pages.", "See that workers and the sweeper run."),
    "log": ("Each tenant's access log gets its signed checkpoint.", "See that the sequencer runs."),
    "store": ("Holds encrypted footage.", "See that the folder or bucket is there."),
    "sandbox": (
        "Footage is opened only in a process without network and files.",
        "Run on a kernel with Landlock and seccomp.",
    ),
}


class Health(OperatorPage):
    permission = Permission.JOB_MANAGE
    template_name = "operations/health.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = parts_now()
        parts = [(name, said, *PARTS[name]) for name, said in found.items()]
        ailing = sum(said != "ok" for said in found.values())
        return super().get_context_data(
            parts=parts,
            title={0: "Everything is well.", 1: "One part needs you."}.get(
                ailing, f"{ailing} parts need you."
            ),
            durations=measures.durations(),
            swept=measures.swept_at(),
            **kwargs,
        )
