"""The reviewer's page: what waits, oldest first, and today's numbers."""

from typing import Any

from django.core.paginator import Paginator
from django.utils.formats import date_format
from django.utils.timezone import localtime

from core.access.permissions import Permission
from core.web.pages import TenantPage
from workforce.quality.review_numbers import numbers_since
from workforce.routing.eligibility import open_engagements
from workforce.routing.review_queue import MOST, Waiting, waiting_reviews
from workforce.tasks.models import QueueEntry

ROWS = 25


class ReviewsPage(TenantPage):
    """What waits for reviewers of a vendor; the next one is taken on "My work"."""

    permission = Permission.TASK_REVIEW
    template_name = "workbench/reviews.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        waiting = waiting_reviews(vendor=self.tenant.id, person=self.person.id)
        clients = open_engagements(self.tenant.id).values_list("client_id", flat=True)
        midnight = localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return super().get_context_data(
            page=Paginator(waiting, ROWS).get_page(self.request.GET.get("page")),
            answer=_answer(waiting),
            ground=_ground(waiting),
            waiting_open=any(not row.shut for row in waiting),
            cut_short=len(waiting) == MOST,
            today=numbers_since(clients=clients, person=self.person.id, since=midnight),
            in_hand=QueueEntry.objects.filter(
                lessee=self.person.id,
                work=QueueEntry.Work.REVIEW,
                state=QueueEntry.State.LEASED,
            ).exists(),
            **kwargs,
        )


def _answer(waiting: list[Waiting]) -> str:
    if not waiting:
        return "Nothing waits for review."
    late = sum(row.late for row in waiting)
    many = f"{len(waiting):,} reviews wait" if len(waiting) > 1 else "One review waits"
    return f"{many}, {late:,} past {'its' if late == 1 else 'their'} date." if late else f"{many}."


def _ground(waiting: list[Waiting]) -> str:
    if not waiting:
        return "What is drawn from the next hand-ins comes here by itself."
    dates = sorted(row.due_at for row in waiting if row.due_at)
    opened = sum(not row.shut for row in waiting)
    ground = (
        "All of them are open to you." if opened == len(waiting) else f"{opened:,} open to you."
    )
    if not dates:
        return ground
    return f"{ground} The nearest date is {date_format(localtime(dates[0]), 'D j M, H:i')}."
