"""A person's quizzes: what is on offer, the one that is open, and how those before went."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, TypedDict

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.errors import Conflict, Invalid, NotFound
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from core.web.answers import Document, Id
from core.web.api import TenantView, checked_body
from core.web.described import described
from core.web.pages import TenantPage
from workforce.quality.models import QuizAttempt
from workforce.quality.quizzes import ITEMS, OPEN_FOR, TRIES, WITHIN, attempts_of, told
from workforce.routing.lease import lease_next
from workforce.routing.quizzes import offers_to, start_quiz
from workforce.tasks.models import QueueEntry

KEPT = (
    "Your quiz is kept for you. Its next task opens when you are on shift and have a hand free; "
    "if you have handed them all in, the result comes in a moment."
)


class NewQuiz(serializers.Serializer[Any]):
    skill = serializers.CharField(max_length=32)
    level = serializers.IntegerField()


class QuizzesPage(TenantPage):
    """Start a quiz, go on with it, and read how the last ones went."""

    permission = Permission.TASK_ANNOTATE
    permissions: ClassVar = {"POST": Permission.TASK_ANNOTATE}
    template_name = "workbench/quizzes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.tenant.kind != Organization.Kind.VENDOR:
            raise NotFound
        person = self.person.id
        with scope(self.tenant.id):
            attempts = [told(one) for one in attempts_of(person)]
        kwargs.setdefault("error", "")
        return super().get_context_data(
            offers=offers_to(vendor=self.tenant.id, person=person),
            attempts=attempts,
            going=next((one for one in attempts if one.row.state == "open"), None),
            waiting=QueueEntry.objects.filter(
                work=QueueEntry.Work.QUIZ, reserved_for=person, state__in=["waiting", "leased"]
            ).exists(),
            items=ITEMS,
            days=OPEN_FOR.days,
            tries=TRIES,
            within=WITHIN.days,
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Start a quiz, or open the next task of the one that goes on."""
        if self.tenant.kind != Organization.Kind.VENDOR:
            raise NotFound
        try:
            if "skill" in request.POST:
                start_quiz(
                    actor=self.actor,
                    vendor=self.tenant.id,
                    skill=request.POST["skill"],
                    level=_level(request.POST.get("level", "")),
                )
            leased = lease_next(
                actor=self.actor, vendor=self.tenant.id, work=QueueEntry.Work.QUIZ, seeing=True
            )
        except (Conflict, Invalid) as error:
            context = self.get_context_data(tenant=tenant, error=error.message)
            return self.render_to_response(context, status=error.status)
        if leased is None:
            messages.info(request, KEPT)
            return redirect(f"/t/{self.tenant.slug}/quizzes")
        return redirect(leased.page)


def _level(text: str) -> int:
    if not text.isdecimal() or len(text) > 2:
        raise Invalid("A level is a number.", field="level")
    return int(text)


class AttemptJson(TypedDict):
    """An attempt at a level; `parts`: what was measured, once it is decided."""

    id: Id
    skill: str
    level: int
    state: str
    items: int
    done: int
    parts: Document
    started_at: datetime
    ends_at: datetime
    decided_at: datetime | None


class OfferJson(TypedDict):
    """A level that can be tried for; `opens_at`: when, if not now."""

    skill: str
    level: int
    items: int
    open: bool
    opens_at: datetime | None


class QuizzesJson(TypedDict):
    attempts: list[AttemptJson]
    offers: list[OfferJson]


def attempt_json(row: QuizAttempt) -> AttemptJson:
    return {
        "id": str(row.id),
        "skill": row.skill,
        "level": row.level,
        "state": row.state,
        "items": row.items,
        "done": row.done,
        "parts": row.parts,
        "started_at": row.started_at,
        "ends_at": row.ends_at,
        "decided_at": row.decided_at,
    }


class MyQuizzes(TenantView):
    """GET: one's attempts and what is on offer. POST: start one; `lease` with quiz gives tasks."""

    permissions: ClassVar = {"GET": Permission.TASK_ANNOTATE, "POST": Permission.TASK_ANNOTATE}

    @described("list_my_quizzes", answer=QuizzesJson)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            attempts = [attempt_json(row) for row in attempts_of(self.user_id)]
        offers = [
            {
                "skill": offer.skill,
                "level": offer.level,
                "items": ITEMS,
                "open": offer.open,
                "opens_at": offer.opens_at,
            }
            for offer in offers_to(vendor=self.tenant.id, person=self.user_id)
        ]
        return Response({"attempts": attempts, "offers": offers})

    @described("start_quiz", body=NewQuiz, answer=AttemptJson, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(NewQuiz, request)
        return Response(
            attempt_json(start_quiz(actor=self.actor, vendor=self.tenant.id, **body)), status=201
        )
