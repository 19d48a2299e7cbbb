"""Quizzes on offer to a person, and starting one: who may take it is the queue's own predicate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, NotFound
from core.ids import new_id
from core.outbox.events import emit
from core.outbox.jobs import enqueue
from core.tenancy.scope import scope
from workforce.links.laying import lay_out_copy
from workforce.people.models import Worker
from workforce.people.services import LEVELS
from workforce.quality.gold import count_exposure, unseen_quiz_gold
from workforce.quality.models import GoldTruth, QuizAttempt, QuizItem
from workforce.quality.quizzes import ITEMS, OPEN_FOR, attempts_of, next_try
from workforce.routing.eligibility import explain, open_engagements
from workforce.tasks.models import QueueEntry, Task
from workforce.tasks.requirements import asked, requirements_of

#: Parts that pass by themselves: a shift begins, a task is handed in.
PASSING = {"shift", "at_once", "hours"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A level that a person can try for. `opens_at`: when, if not now; `unseen`: is there any?"""

    skill: str
    level: int
    unseen: bool
    opens_at: datetime | None
    #: Attempts so far that count, within the time in which they are counted.
    tries: int

    @property
    def open(self) -> bool:
        """Whether it can be started now."""
        return self.unseen and self.opens_at is None


@dataclass(frozen=True, slots=True)
class Pool:
    """Unseen gold of one project that makes up a quiz."""

    client: UUID
    gold: Sequence[GoldTruth]


def offers_to(*, vendor: UUID, person: UUID) -> list[Offer]:
    """List the quizzes above the person's levels for which a client has made gold."""
    with scope(vendor):
        levels = _levels(person)
        attempts = attempts_of(person)
    offers, instant = [], now()
    for skill, level in _made(vendor, levels):
        mine = [one for one in attempts if (one.skill, one.level) == (skill, level)]
        offers.append(
            Offer(
                skill,
                level,
                unseen=bool(_pools(vendor, person, skill, level)),
                opens_at=next_try(mine, at=instant),
                tries=sum(one.state != QuizAttempt.State.VOID for one in mine),
            )
        )
    return offers


def _levels(person: UUID) -> dict[str, int]:
    """Levels that a worker of the open scope holds now, by skill."""
    worker = Worker.objects.filter(user_id=person, active=True).first()
    if worker is None:
        return {}
    instant = now()
    return {
        skill.task_type: skill.level
        for skill in worker.skills.all()
        if skill.expires_at is None or skill.expires_at > instant
    }


def _made(vendor: UUID, levels: dict[str, int]) -> list[tuple[str, int]]:
    """List (skill, level) above what is held for which any client of the vendor keeps gold."""
    made: set[tuple[str, int]] = set()
    for client in open_engagements(vendor).values_list("client_id", flat=True):
        with scope(client):
            rows = GoldTruth.objects.filter(state="active", quiz_level__isnull=False)
            pairs = rows.values_list("task_type", "quiz_level").distinct()
            made |= {(skill, level) for skill, level in pairs if level is not None}
    return sorted((s, lv) for s, lv in made if s in levels and lv > levels[s])


def _pools(vendor: UUID, person: UUID, skill: str, level: int) -> list[Pool]:
    """Projects with enough gold that the person has not seen; one client's scope after another."""
    pools = []
    for client in (
        open_engagements(vendor).order_by("client_id").values_list("client_id", flat=True)
    ):
        by_project: dict[UUID, list[GoldTruth]] = {}
        with scope(client):
            for gold in unseen_quiz_gold(person=person, skill=skill, level=level):
                by_project.setdefault(gold.project_id, []).append(gold)
        pools += [Pool(client, gold[:ITEMS]) for gold in by_project.values() if len(gold) >= ITEMS]
    return pools


def start_quiz(*, actor: Actor, vendor: UUID, skill: str, level: int) -> QuizAttempt:
    """Begin an attempt: its tasks wait in the queue, kept for the person.

    Raises NotFound for a skill that the person does not hold, Conflict while another quiz is open
    or when this one is not open to them, with the reason.
    """
    assert actor.id is not None
    person = actor.id
    with transaction.atomic():
        with scope(vendor):
            _check(person, skill, level)
        pools = _pools(vendor, person, skill, level)
        if not pools:
            raise Conflict(
                "There is no quiz of this level with tasks that you have not seen. "
                "Your vendor manager can ask the client for more."
            )
        barred: list[str] = []
        for pool in pools:
            barred = _barred(vendor, person, pool)
            if not barred:
                return _begin(actor, vendor, skill, level, pool)
    raise Conflict(f"This quiz is not open to you. {'. '.join(barred)}.")


def _check(person: UUID, skill: str, level: int) -> None:
    """Raise unless the person may try for the level now, in the vendor's scope.

    The worker's row stays locked, so that two windows begin one attempt.
    """
    Worker.objects.select_for_update().filter(user_id=person).first()
    held = _levels(person).get(skill)
    if held is None:
        raise NotFound
    if level not in LEVELS or level <= held:
        raise Conflict(f"You hold level {held} already.")
    attempts = attempts_of(person)
    if any(one.state == QuizAttempt.State.OPEN for one in attempts):
        raise Conflict("A quiz of yours is open: finish that one first.")
    mine = [one for one in attempts if (one.skill, one.level) == (skill, level)]
    opens_at = next_try(mine, at=now())
    if opens_at is not None:
        raise Conflict(f"You can try again from {opens_at:%d %B %Y, %H:%M} UTC.")


def _entry(pool: Pool, gold: GoldTruth, task_id: UUID, person: UUID) -> QueueEntry:
    requirements = asked(requirements_of(gold.project_id))
    return QueueEntry(
        task_id=task_id,
        tenant_id=pool.client,
        project_id=gold.project_id,
        camera_id=gold.clip.camera_id,
        work=QueueEntry.Work.QUIZ,
        skill=gold.task_type,
        reserved_for=person,
        **requirements | {"level": LEVELS.start},
    )


def _barred(vendor: UUID, person: UUID, pool: Pool) -> list[str]:
    """Say what of the predicate stands in the way of this footage; nothing is left behind."""
    sample = pool.gold[0]
    with transaction.atomic():
        with scope(pool.client):
            entry = _entry(pool, sample, new_id(), person)
            entry.save(force_insert=True)
        checks = explain(vendor=vendor, person=person, entry=entry.id)
        entry.delete()
    return [check.text for check in checks if not check.holds and check.name not in PASSING]


def _begin(actor: Actor, vendor: UUID, skill: str, level: int, pool: Pool) -> QuizAttempt:
    person, instant = actor.id, now()
    assert person is not None
    with scope(vendor):
        attempt: QuizAttempt = QuizAttempt.objects.create(
            tenant_id=vendor,
            person_id=person,
            skill=skill,
            level=level,
            client_id=pool.client,
            items=len(pool.gold),
            started_at=instant,
            ends_at=instant + OPEN_FOR,
        )
        details = {"quiz": str(attempt.id), "skill": skill, "level": level}
        record(
            action="quiz.started",
            actor=actor,
            tenant=vendor,
            subject=("person", person),
            details=details,
        )
        emit("quiz.started", tenant=vendor, data={"quiz": str(attempt.id), "person": str(person)})
        enqueue("quality.end_quiz", tenant=vendor, args={"quiz": str(attempt.id)}, delay=OPEN_FOR)
    with scope(pool.client):
        tasks = [_item(attempt, pool, gold) for gold in pool.gold]
        record(
            action="quiz.started",
            actor=actor,
            tenant=pool.client,
            subject=("vendor", vendor),
            details=details | {"tasks": [str(task.id) for task in tasks]},
        )
    return attempt


def _item(attempt: QuizAttempt, pool: Pool, gold: GoldTruth) -> Task:
    """Put one task of an attempt into the queue, in the client's open scope."""
    task: Task = Task.objects.create(
        tenant_id=pool.client,
        project_id=gold.project_id,
        clip_id=gold.clip_id,
        ontology_id=gold.ontology_id,
        task_type=gold.task_type,
        start_frame=gold.start_frame,
        end_frame=gold.end_frame,
        is_copy=True,
    )
    lay_out_copy(task, gold.content)
    QuizItem.objects.create(
        tenant_id=pool.client,
        attempt_id=attempt.id,
        vendor_id=attempt.tenant_id,
        truth=gold,
        task=task,
        person_id=attempt.person_id,
    )
    count_exposure(gold)
    _entry(pool, gold, task.id, attempt.person_id).save(force_insert=True)
    return task
