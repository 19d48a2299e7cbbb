"""The pages of gold: make it of reviewed work, look at it, correct it, retire it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.errors import CustosError, Invalid, NotFound
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from core.web.long_lists import LongList
from core.web.pages import TenantPage
from tenants.projects.models import Project
from workforce.labels.ontology import Ontology
from workforce.people.services import LEVELS
from workforce.quality import gold, gold_desk
from workforce.quality.gold_desk import STATES, USES
from workforce.quality.gold_versions import correct_gold, renew_from_revision

PAGE = 25
#: Reviewed work on a page, and in all, that is offered to become gold.
CANDIDATES, OFFERED = 12, 240


class GoldPages(TenantPage):
    """Base: a client's own, for whoever may make gold; no vendor ever comes here."""

    permission = Permission.GOLD_MANAGE

    def _here(self) -> None:
        if self.tenant.kind != Organization.Kind.CLIENT:
            raise NotFound


class GoldList(GoldPages):
    """All gold with how often it was shown and its scores, and what more could become gold."""

    template_name = "quality/gold_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self._here()
        query = self.request.GET
        state, use = _one_of(STATES, query.get("state")), _one_of(USES, query.get("use"))
        project = query.get("project", "")
        with scope(self.tenant.id):
            rows = gold_desk.gold_list(state=state, project=project, use=use)
            page = Paginator(rows, PAGE).get_page(query.get("page"))
            free = LongList(gold_desk.candidates(project), CANDIDATES, OFFERED)
            offered = free.get_page(query.get("of"))
            context = {
                "page": page,
                "rows": gold_desk.rows_of(page.object_list),
                "candidates": list(offered.object_list),
                "free": free.count,
                "offered": OFFERED,
                "projects": list(Project.objects.order_by("name")),
                "active": gold_desk.gold_list(state="active").count(),
            }
        given = {"state": state, "use": use, "project": project}
        return super().get_context_data(
            **context,
            given=given,
            filtered=any(given.values()),
            states=STATES,
            uses=USES,
            levels=list(LEVELS)[1:],
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Make gold of a reviewed task, mixed into work or for quizzes of a level."""
        self._here()
        level = request.POST.get("use", "")
        try:
            if level and not level.isdecimal():
                raise Invalid("Gold is mixed into work, or for quizzes of a level.", field="use")
            made = gold.create_gold_from_task(
                actor=self.actor,
                tenant=self.tenant.id,
                task_id=_id(request.POST.get("task", "")),
                quiz_level=int(level) if level else None,
            )
        except NotFound:
            raise
        except CustosError as error:
            messages.error(request, error.message)
            return redirect(request.get_full_path())
        messages.success(request, "It is gold now. Look at its truth before anybody is measured.")
        return redirect(f"/t/{self.tenant.slug}/gold/{made.id}")


class GoldPage(GoldPages):
    """One piece of gold: its truth on the pictures, its versions, who had it."""

    template_name = "quality/gold.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self._here()
        with scope(self.tenant.id):
            row = gold_desk.find_gold(kwargs.pop("gold"))
            truth = gold_desk.truth_of(row)
            ontology = Ontology.from_document(row.ontology.document)
            context = {
                "gold": row,
                "told": gold_desk.rows_of([row])[0],
                "truth": truth,
                "labels": list(ontology.labels),
                "versions": gold_desk.versions_of(row),
                "shown": gold_desk.shown_to(row),
                "revisions": gold_desk.revisions_for(row),
            }
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.gold.read",
            subject=("gold", row.id),
            purpose="oversight",
            details={"clip": str(row.clip_id), "frames": [row.start_frame, row.end_frame]},
        )
        return super().get_context_data(**context, **kwargs)

    def post(self, request: HttpRequest, tenant: str, gold: UUID) -> HttpResponse:
        """Retire it, or make the next version."""
        self._here()
        with scope(self.tenant.id):
            gold_desk.find_gold(gold)
        try:
            newest = self._act(request, gold)
        except NotFound:
            raise
        except CustosError as error:
            messages.error(request, error.message)
            newest = gold
        return redirect(f"/t/{self.tenant.slug}/gold/{newest}")

    def _act(self, request: HttpRequest, gold_id: UUID) -> UUID:
        who: dict[str, Any] = {"actor": self.actor, "tenant": self.tenant.id, "gold_id": gold_id}
        act = request.POST.get("act")
        if act == "retire":
            gold.retire_gold(**who)
            messages.info(request, "Retired: nobody is measured by it any more. Scores stay.")
            return gold_id
        if act == "revision":
            made = renew_from_revision(**who, label_set_id=_id(request.POST.get("labels", "")))
        elif act == "correct":
            made = correct_gold(
                **who,
                left_out=frozenset(_id(text) for text in request.POST.getlist("out")),
                labels={
                    _id(name.removeprefix("label-")): value
                    for name, value in request.POST.items()
                    if name.startswith("label-") and isinstance(value, str)
                },
            )
        else:
            raise Invalid("There is no such act.", field="act")
        messages.success(request, f"Version {made.version} is the truth now.")
        found: UUID = made.id
        return found


def _one_of(known: dict[str, str], given: str | None) -> str:
    return given if given in known else ""


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error
