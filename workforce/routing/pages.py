"""The vendor manager's pages: the board, and one person."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.models import Membership
from core.access.permissions import Permission, Role
from core.clock import now
from core.errors import NotFound
from core.tenancy.scope import scope
from core.web.first_step_pages import checklist_for
from core.web.pages import TenantPage
from workforce.people.papers import ends_soon, papers_of
from workforce.people.services import TASK_TYPES, add_worker
from workforce.people.week import next_shift
from workforce.quality.quizzes import attempts_of, told
from workforce.quality.trust import reinstate
from workforce.routing import (
    first_steps,  # noqa: F401 - registers the vendor's
    live_queue,
)
from workforce.routing.board import people_of
from workforce.routing.grid import SELECTABLE, Board, Wanted, board_of
from workforce.routing.people_filters import PeopleAsked
from workforce.routing.why import decisions_for, stuck


class BoardPage(TenantPage):
    """People x work: who holds what, what waits where."""

    permission = Permission.TASK_ALLOCATE
    template_name = "routing/board.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        wanted = Wanted.of(self.request.GET)
        asked = self.request.GET
        board = board_of(self.tenant.id, wanted, asked.get("page"), asked.get("people-page"))
        data = _for_script(board)
        return super().get_context_data(
            checklist=checklist_for(self),
            board=board,
            columns=board.columns,
            counted=live_queue.COUNTED,
            selectable=SELECTABLE,
            staff=board.staff,
            lines=board.staff.lines,
            everybody=[(person["id"], person["name"]) for person in data["people"]],
            data=data,
            choices=board.choices,
            wanted=wanted,
            stuck=stuck(self.tenant.id),
            **kwargs,
        )


def _for_script(board: Board) -> dict[str, Any]:
    """Give what the script picks from: entries of the columns, and how people fit (-1: shut)."""
    return {
        "columns": [
            {
                "name": column.name,
                "free": [str(entry) for entry in column.free_first],
                "held": [str(entry) for entry in column.held_first],
            }
            for column in board.columns
        ],
        "people": [
            {
                "id": str(one.hand.person),
                "name": one.worker.user.get_full_name(),
                "fits": [cell.fit if cell.open else -1 for cell in one.cells],
            }
            for one in board.staff.everybody
        ],
    }


class People(TenantPage):
    """The vendor's workers, and members who are none yet."""

    permission = Permission.PEOPLE_READ
    permissions: ClassVar = {"POST": Permission.PEOPLE_MANAGE}
    template_name = "routing/people.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        people = people_of(self.tenant.id)
        known = {p.worker.user_id for p in people}
        members = (
            Membership.objects.filter(
                organization=self.tenant, role__in=[Role.ANNOTATOR.value, Role.REVIEWER.value]
            )
            .exclude(user_id__in=known)
            .select_related("user")
            .order_by("user__name")
        )
        with scope(self.tenant.id):
            ending = ends_soon()
        form = PeopleAsked(self.request.GET)
        return super().get_context_data(
            people=[person for person in people if form.fits(person)],
            all_people=people,
            new_members=members,
            ending=ending,
            form=form,
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Take a member on as a worker, with every skill there is work for."""
        worker = add_worker(
            actor=self.actor,
            vendor=self.tenant.id,
            user_id=_uuid(request.POST.get("user", "")),
            skills=TASK_TYPES,
        )
        messages.info(request, "Taken on. Trust begins with the first scores.")
        return redirect(f"/t/{self.tenant.slug}/people/{worker.id}")


class PersonPage(TenantPage):
    """One worker: skills, trust, load."""

    permission = Permission.PEOPLE_READ
    permissions: ClassVar = {"POST": Permission.PEOPLE_MANAGE}
    template_name = "routing/person.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = next(iter(people_of(self.tenant.id, worker=kwargs["worker"])), None)
        if person is None:
            raise NotFound
        with scope(self.tenant.id):
            attempts = [told(one) for one in attempts_of(person.worker.user_id)]
            papers = papers_of(person.worker)
            following = next_shift(person.worker, now())
        kwargs["worker"] = person.worker
        kwargs["decisions"] = decisions_for(vendor=self.tenant.id, person=person.worker.user_id)
        return super().get_context_data(
            person=person, attempts=attempts, papers=papers, following=following, **kwargs
        )

    def post(self, request: HttpRequest, tenant: str, worker: UUID) -> HttpResponse:
        """Open a paused skill again."""
        reinstate(
            actor=self.actor,
            vendor=self.tenant.id,
            trust_id=_uuid(request.POST.get("trust", "")),
            reason=request.POST.get("reason", ""),
        )
        messages.info(request, "Open again. Earlier scores no longer count.")
        return redirect(f"/t/{self.tenant.slug}/people/{worker}")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error
