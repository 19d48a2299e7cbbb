"""Quizzes: scoring what was handed in, deciding an attempt, and when the next one is open.

A quiz is scored by the engine that scores gold, against the project's marks, over the means of its
items. It leaves nothing in trust and in the client's scores: people know that they are watched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from uuid import UUID

from django.db import transaction

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.outbox.events import emit
from core.tenancy.scope import scope
from workforce.labels.models import LabelSet
from workforce.people.services import earn_level
from workforce.quality.gates import Gate, Verdict, judged
from workforce.quality.models import QuizAttempt, QuizItem
from workforce.quality.policies import policy_of
from workforce.quality.scores import parts_of
from workforce.tasks.models import QueueEntry, Task

#: Tasks of a quiz, and how long somebody may take over it.
ITEMS = 3
OPEN_FOR = timedelta(days=7)
#: After one that was not passed the next is open in a week, and three may be taken in 90 days:
#: each uses up footage whose right labels somebody made.
AGAIN_AFTER = timedelta(days=7)
TRIES = 3
WITHIN = timedelta(days=90)

SYSTEM = Actor.system("quality")


def attempts_of(person: UUID) -> list[QuizAttempt]:
    """Attempts of a person in the vendor's open scope, newest first."""
    return list(QuizAttempt.objects.filter(person_id=person).order_by("-started_at", "id"))


def next_try(attempts: Sequence[QuizAttempt], *, at: datetime) -> datetime | None:
    """Give when the next attempt at a level is open, from those so far; None: now."""
    counted = [one for one in attempts if one.state != QuizAttempt.State.VOID]
    waits = [one.decided_at + AGAIN_AFTER for one in counted if one.decided_at is not None]
    recent = sorted(one.started_at for one in counted if one.started_at > at - WITHIN)
    if len(recent) >= TRIES:
        waits.append(recent[-TRIES] + WITHIN)
    latest = max(waits, default=at)
    return latest if latest > at else None


def is_quiz(label_set_id: UUID) -> bool:
    """Whether labels of the open scope were made on a task of a quiz."""
    task = LabelSet.objects.filter(id=label_set_id).values("task_id")
    found: bool = QuizItem.objects.filter(task_id__in=task).exists()
    return found


def score_quiz(*, tenant: UUID, label_set_id: UUID) -> None:
    """Score one task of a quiz; with its last one the attempt is decided.

    A second time changes nothing.
    """
    with transaction.atomic():
        with scope(tenant):
            label_set = LabelSet.objects.get(id=label_set_id)
            item = QuizItem.objects.select_related("truth").get(task_id=label_set.task_id)
        with scope(item.vendor_id):
            # Held to the end: of two that are scored at once, the second sees the first.
            attempt = QuizAttempt.objects.select_for_update().get(id=item.attempt_id)
        with scope(tenant):
            item.refresh_from_db(fields=["label_set"])
            if item.label_set_id is None:
                _score(item, label_set)
            done, verdicts = _so_far(item)
        with scope(item.vendor_id):
            _take_score(attempt, done, verdicts)


def _so_far(item: QuizItem) -> tuple[int, list[Verdict]]:
    """Count the scored items of an attempt and judge their means, in the client's open scope."""
    rows = list(QuizItem.objects.filter(attempt_id=item.attempt_id, scored_at__isnull=False))
    policy = policy_of(item.truth.project_id)
    return len(rows), judged(_means(rows), pass_mark=policy.pass_mark, marks=policy.marks)


def _score(item: QuizItem, label_set: LabelSet) -> None:
    values = parts_of(item.truth, label_set)
    item.label_set, item.scored_at = label_set, now()
    item.reached = {str(gate): round(value, 6) for gate, value in values.items()}
    item.save(update_fields=["label_set", "scored_at", "reached"])
    Task.objects.filter(id=item.task_id).update(state=Task.State.CLOSED)
    record(
        action="quiz.scored",
        actor=SYSTEM,
        tenant=item.tenant_id,
        subject=("task", item.task_id),
        details={"quiz": str(item.attempt_id), "gold": str(item.truth_id), **item.reached},
    )


def _means(items: Sequence[QuizItem]) -> dict[Gate, float]:
    """Mean of each part over the items in which it can be measured."""
    parts = {name for item in items for name in item.reached}
    return {
        gate: fmean(item.reached[gate] for item in items if gate in item.reached)
        for gate in Gate
        if gate in parts
    }


def _take_score(attempt: QuizAttempt, done: int, verdicts: Sequence[Verdict]) -> None:
    if attempt.state != QuizAttempt.State.OPEN:
        return
    attempt.done = done
    attempt.save(update_fields=["done"])
    if done < attempt.items:
        return
    attempt.parts = {str(one.gate): one.to_json() for one in verdicts}
    passed = all(one.passed for one in verdicts)
    _decide(attempt, QuizAttempt.State.PASSED if passed else QuizAttempt.State.FAILED)
    if passed:
        earn_level(
            actor=SYSTEM,
            vendor=attempt.tenant_id,
            person=attempt.person_id,
            task_type=attempt.skill,
            level=attempt.level,
        )


def _decide(attempt: QuizAttempt, state: str) -> None:
    """Close an open attempt, in the caller's transaction and the vendor's scope."""
    attempt.state, attempt.decided_at = state, now()
    attempt.save(update_fields=["state", "decided_at", "parts"])
    details = {
        "quiz": str(attempt.id),
        "skill": attempt.skill,
        "level": attempt.level,
        "missed": [name for name, part in attempt.parts.items() if not part["passed"]],
    }
    record(
        action=f"quiz.{state}",
        actor=SYSTEM,
        tenant=attempt.tenant_id,
        subject=("person", attempt.person_id),
        details=details,
    )
    emit(
        "quiz.decided",
        tenant=attempt.tenant_id,
        data={"quiz": str(attempt.id), "person": str(attempt.person_id), "state": state},
    )


def end_quiz(*, vendor: UUID, attempt_id: UUID, state: str = QuizAttempt.State.LAPSED) -> None:
    """Close an attempt that is still open, and take its tasks back; else nothing happens."""
    with transaction.atomic():
        with scope(vendor):
            attempt = QuizAttempt.objects.select_for_update().get(id=attempt_id)
            if attempt.state != QuizAttempt.State.OPEN:
                return
            _decide(attempt, state)
        with scope(attempt.client_id):
            _withdraw(attempt_id)


def _withdraw(attempt_id: UUID) -> None:
    """Take the tasks that were not handed in back from the queue, in the client's open scope."""
    rows = QuizItem.objects.filter(attempt_id=attempt_id, scored_at__isnull=True)
    tasks = list(rows.values_list("task_id", flat=True))
    Task.objects.filter(id__in=tasks).update(state=Task.State.CLOSED)
    QueueEntry.objects.filter(task_id__in=tasks).exclude(state=QueueEntry.State.DONE).update(
        state=QueueEntry.State.DONE, lessee=None, lease_until=None
    )


def void_quizzes(*, tenant: UUID, clip_id: UUID) -> None:
    """End the attempts that wait for footage which was erased; they do not count as tries."""
    with scope(tenant):
        rows = QuizItem.objects.filter(truth__clip_id=clip_id, scored_at__isnull=True)
        pairs = set(rows.values_list("vendor_id", "attempt_id"))
    for vendor, attempt in sorted(pairs):
        end_quiz(vendor=vendor, attempt_id=attempt, state=QuizAttempt.State.VOID)


#: What the parts of a measurement say to who was measured.
PARTS = {
    Gate.HOTA: "Found and followed",
    Gate.DET_A: "Objects found",
    Gate.ASS_A: "Followed as one",
    Gate.LOC_A: "Boxes fit",
    Gate.ATTRIBUTES: "Attributes",
    Gate.EVENTS: "Events",
    Gate.BCUBED_F1: "Who is who",
    Gate.BCUBED_PRECISION: "Nobody taken for another",
    Gate.BCUBED_RECALL: "Recognized again",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a decided attempt, in words: what was reached and asked, in 0..1."""

    name: str
    code: str
    value: float
    mark: float
    passed: bool


@dataclass(frozen=True, slots=True)
class Told:
    """An attempt as its person and the vendor manager read it: no frame, no right label."""

    row: QuizAttempt
    parts: list[Part]

    @property
    def missed(self) -> list[Part]:
        """Parts that fell short of their marks."""
        return [part for part in self.parts if not part.passed]


def told(attempt: QuizAttempt) -> Told:
    """Put an attempt into words."""
    return Told(
        attempt,
        [
            Part(words, str(gate), **attempt.parts[str(gate)])
            for gate, words in PARTS.items()
            if str(gate) in attempt.parts
        ],
    )
