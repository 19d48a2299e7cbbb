"""After a task was handed in: gold is scored, work goes to review or into its lot."""

from __future__ import annotations

from uuid import UUID

from core.access.actors import Actor
from core.errors import Conflict
from core.outbox.events import on
from core.outbox.jobs import JobContext, job
from core.tenancy.scope import scope
from workforce.labels.models import LabelSet
from workforce.quality import announcements  # noqa: F401 - registers its handlers
from workforce.quality.consensus import is_second_set, take_second
from workforce.quality.lots import close_lot, drop_erased, settle_lot
from workforce.quality.models import GoldTruth
from workforce.quality.quizzes import end_quiz, is_quiz, score_quiz, void_quizzes
from workforce.quality.review import route_submission
from workforce.quality.scores import score_submission


@on("labels.submitted", job_name="quality.submission")
def take_submission(context: JobContext, *, label_set: str, **_: object) -> None:
    """Score gold or route work. A second run finds it done."""
    assert context.tenant is not None
    label_set_id = UUID(label_set)
    with context.commit():
        with scope(context.tenant):
            kind = LabelSet.objects.values_list("kind", flat=True).get(id=label_set_id)
            of_two = kind == LabelSet.Kind.COPY and is_second_set(label_set_id)
            of_quiz = kind == LabelSet.Kind.COPY and is_quiz(label_set_id)
        if of_quiz:
            score_quiz(tenant=context.tenant, label_set_id=label_set_id)
        elif of_two:
            agreed = take_second(tenant=context.tenant, label_set_id=label_set_id)
            if agreed is not None:
                route_submission(tenant=context.tenant, label_set_id=agreed)
        elif kind == LabelSet.Kind.COPY:
            score_submission(tenant=context.tenant, label_set_id=label_set_id)
        else:
            route_submission(tenant=context.tenant, label_set_id=label_set_id)


@on("clip.erased", job_name="quality.retire_erased")
def retire_erased(context: JobContext, *, clip: str, **_: object) -> None:
    """Draw no more gold from a clip that nobody can look at."""
    assert context.tenant is not None
    with scope(context.tenant):
        active = GoldTruth.objects.filter(clip_id=UUID(clip), state=GoldTruth.State.ACTIVE)
        active.update(state=GoldTruth.State.RETIRED)
    with context.commit():
        void_quizzes(tenant=context.tenant, clip_id=UUID(clip))


@job("quality.end_quiz")
def end_old_quiz(context: JobContext, *, quiz: str) -> None:
    """Close an attempt when its days are over, if it is still open."""
    assert context.tenant is not None
    with context.commit():
        end_quiz(vendor=context.tenant, attempt_id=UUID(quiz))


@on("clip.erased", job_name="quality.lots_without_erased")
def lots_without_erased(context: JobContext, *, clip: str, **_: object) -> None:
    """Go on inspecting lots without what nobody can look at."""
    assert context.tenant is not None
    with scope(context.tenant):
        drop_erased(UUID(clip))


@job("quality.close_lot")
def close_old_lot(context: JobContext, *, lot: str) -> None:
    """Close a lot when its hours are over, if it is still open."""
    assert context.tenant is not None
    try:
        close_lot(actor=Actor.system("quality"), tenant=context.tenant, lot_id=UUID(lot))
    except Conflict:
        return


@job("quality.settle_lot")
def settle(context: JobContext, *, lot: str) -> None:
    """Accept or review what waited for the sample."""
    assert context.tenant is not None
    with context.commit():
        settle_lot(tenant=context.tenant, lot_id=UUID(lot))
