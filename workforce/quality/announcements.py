"""What annotators, reviewers and their managers hear of quality."""

from uuid import UUID

from core.notices.kinds import MANAGER
from core.notices.services import notify
from core.outbox.events import on
from core.outbox.jobs import JobContext
from core.tenancy.scope import scope
from workforce.quality.models import QuizAttempt, ReviewDispute, Trust

OUTCOMES = {
    ReviewDispute.State.UPHELD: "it was right to send the task back",
    ReviewDispute.State.OVERTURNED: "your labels are accepted after all",
}


@on("task.sent_back", job_name="quality.announce_sent_back")
def announce_sent_back(
    context: JobContext, *, task: str, label_set: str, person: str, **_: object
) -> None:
    """Tell the author, once for each set of labels."""
    assert context.tenant is not None
    with scope(context.tenant):
        notify("task_sent_back", key=label_set, people=[UUID(person)], path=f"sent-back/{task}")


@on("dispute.decided", job_name="quality.announce_decision")
def announce_decision(context: JobContext, *, dispute: str, **_: object) -> None:
    """Tell who disputed what the third person said."""
    assert context.tenant is not None
    with scope(context.tenant):
        row = ReviewDispute.objects.get(id=UUID(dispute))
        notify(
            "dispute_decided",
            key=dispute,
            people=[row.person_id],
            parts={"outcome": OUTCOMES[ReviewDispute.State(row.state)]},
        )


@on("trust.gated", job_name="quality.announce_gate")
def announce_gate(context: JobContext, *, trust: str, person: str, skill: str, **_: object) -> None:
    """Tell the person and their managers."""
    assert context.tenant is not None
    with scope(context.tenant):
        since = Trust.objects.get(id=UUID(trust)).since
        key = f"{trust} {since.isoformat() if since else ''}"
        notify(
            "skill_closed", key=key, people=[UUID(person)], parts={"skill": skill}, path="scores"
        )
        notify("person_gated", key=key, roles=MANAGER, parts={"skill": skill}, path="people")


@on("trust.reinstated", job_name="quality.announce_reinstated")
def announce_reinstated(
    context: JobContext, *, trust: str, person: str, skill: str, since: str, **_: object
) -> None:
    """Tell the person that they may go on."""
    assert context.tenant is not None
    with scope(context.tenant):
        notify(
            "skill_opened",
            key=f"{trust} {since}",
            people=[UUID(person)],
            parts={"skill": skill},
            path="work",
        )


@on("quiz.decided", job_name="quality.announce_quiz")
def announce_quiz(context: JobContext, *, quiz: str, person: str, state: str, **_: object) -> None:
    """Tell who took a quiz how it went. One that was void is told by nobody: it does not count."""
    assert context.tenant is not None
    if state == QuizAttempt.State.VOID:
        return
    with scope(context.tenant):
        row = QuizAttempt.objects.get(id=UUID(quiz))
        notify(
            "quiz_passed" if state == QuizAttempt.State.PASSED else "quiz_failed",
            key=quiz,
            people=[UUID(person)],
            parts={"skill": row.skill, "level": row.level},
            path="quizzes",
        )
