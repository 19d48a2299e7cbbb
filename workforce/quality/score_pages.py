"""Pages of scores: a client's projects, a vendor's person, and one's own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.errors import NotFound
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from workforce.people.models import Worker
from workforce.quality import insight
from workforce.quality.history import histories
from workforce.quality.models import Lot, Score

NEWEST = 12
LOTS = 20


class ClientQuality(TenantPage):
    """Measured work in a client's projects; nobody's name."""

    permission = Permission.QUALITY_READ
    template_name = "quality/client.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.tenant.kind != Organization.Kind.CLIENT:
            raise NotFound
        with scope(self.tenant.id):
            scores = insight.recent_scores()
            names, rows = insight.matrix(scores)
            overall, cameras, labels = insight.rates(scores)
            context = {
                "scores": bool(scores),
                "names": names,
                "matrix": rows,
                "overall": overall,
                "cameras": cameras,
                "labels": labels,
                "most": max((r.high or r.rate for r in [*cameras, *labels]), default=1.0) or 1.0,
                "worst": insight.worst_frames(scores),
                "newest": [_told(score) for score in scores[:NEWEST]],
                "lots": list(
                    Lot.objects.select_related("project")
                    .annotate(count=Count("items"))
                    .order_by("-opened_at")[:LOTS]
                ),
            }
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="quality.scores.read",
            subject=("organization", self.tenant.id),
            purpose="oversight",
            details={"scores": [str(score.id) for score in scores[:NEWEST]]},
        )
        if overall is not None:
            context["overall_title"] = f"{100 * (1 - overall.rate):.1f} % of true boxes are right."
            context["overall_sub"] = (
                f"{overall.boxes:,} boxes with known labels, in {overall.tasks} measured tasks."
            )
        return super().get_context_data(**(context | kwargs))


def _told(score: Score) -> dict[str, Any]:
    return {
        "at": score.scored_at,
        "person": str(score.person_id)[:8],
        "skill": score.skill,
        "hota": score.hota,
        "passed": score.passed,
        "missed": [name for name, verdict in score.gates.items() if not verdict["passed"]],
    }


class PersonScores(TenantPage):
    """Trust of one of the vendor's people over time, and which parts were missed."""

    permission = Permission.QUALITY_READ
    template_name = "quality/person.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        worker_id: UUID = kwargs.pop("worker")
        with scope(self.tenant.id):
            worker = Worker.objects.select_related("user").filter(id=worker_id).first()
            if worker is None:
                raise NotFound
            told = histories(worker.user_id)
        return super().get_context_data(worker=worker, histories=told, **kwargs)


class MyScoresPage(TenantPage):
    """One's own scores, as far as they are told: in batches, so that none gives gold away."""

    permission = Permission.TASK_ANNOTATE
    template_name = "quality/person.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.tenant.kind != Organization.Kind.VENDOR:
            raise NotFound
        with scope(self.tenant.id):
            told = histories(self.person.id, in_batches=True)
        return super().get_context_data(worker=None, histories=told, **kwargs)
