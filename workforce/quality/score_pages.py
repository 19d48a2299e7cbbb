"""Pages of scores: a client's projects, a vendor's person, and one's own."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.errors import Conflict, Invalid, NotFound
from core.tenancy.models import Organization
from core.tenancy.names import names_of
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from workforce.people.models import Worker
from workforce.quality import insight
from workforce.quality.gates import Gate
from workforce.quality.history import histories
from workforce.quality.lots import close_lot, resume_inspection
from workforce.quality.models import InspectionState, Lot, Score
from workforce.quality.sampling.tables import Severity

NEWEST = 12
LOTS = 20


class ClientQuality(TenantPage):
    """Measured work in a client's projects; nobody's name."""

    permission = Permission.QUALITY_READ
    permissions: ClassVar = {"POST": Permission.GOLD_MANAGE}
    template_name = "quality/client.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.tenant.kind != Organization.Kind.CLIENT:
            raise NotFound
        with scope(self.tenant.id):
            scores = insight.measured_scores()
            newest = insight.newest_scores(NEWEST)
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
                "worst": insight.worst_frames(),
                "newest": [_told(score) for score in newest],
                "given_up": _given_up(),
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
            details={"scores": [str(score.id) for score in newest]},
        )
        if overall is not None:
            context["overall_title"] = f"{100 * (1 - overall.rate):.1f} % of true boxes are right."
            context["overall_sub"] = (
                f"{overall.boxes:,} boxes with known labels, in {overall.tasks} measured tasks."
            )
        gold_url = f"/t/{self.tenant.slug}/gold"
        return super().get_context_data(gold_url=gold_url, **(context | kwargs))

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Close a lot before it is full, or inspect a vendor's lots again."""
        if self.tenant.kind != Organization.Kind.CLIENT:
            raise NotFound
        try:
            if "lot" in request.POST:
                lot = close_lot(
                    actor=self.actor, tenant=self.tenant.id, lot_id=_id(request.POST["lot"])
                )
                messages.info(request, f"Lot {lot.number} is closed, and its sample is drawn.")
            else:
                self._resume(request)
                messages.info(request, "Inspected again, tightened at first.")
        except (Conflict, Invalid) as error:
            context = self.get_context_data(tenant=tenant, refused=error.message)
            return self.render_to_response(context, status=error.status)
        return redirect(request.path)

    def _resume(self, request: HttpRequest) -> None:
        state = _id(request.POST.get("resume", ""))
        with scope(self.tenant.id):
            found = InspectionState.objects.filter(id=state).first()
        if found is None:
            raise NotFound
        resume_inspection(
            actor=self.actor,
            tenant=self.tenant.id,
            project_id=found.project_id,
            vendor_id=found.vendor_id,
            reason=request.POST.get("reason", ""),
        )


def _given_up() -> list[dict[str, Any]]:
    """Suppliers whose lots are no longer sampled, in the open scope: a reviewer looks at all."""
    rows = InspectionState.objects.select_related("project").filter(severity=Severity.DISCONTINUED)
    names = names_of(row.vendor_id for row in rows if row.vendor_id)
    return [
        {
            "id": row.id,
            "project": row.project.name,
            "vendor": names.get(row.vendor_id, "own people") if row.vendor_id else "own people",
        }
        for row in rows
    ]


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error


def _told(score: Score) -> dict[str, Any]:
    return {
        "at": score.scored_at,
        "person": str(score.person_id)[:8],
        "skill": score.skill,
        "hota": score.hota,
        "bcubed": score.metrics.get(str(Gate.BCUBED_F1)),
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
