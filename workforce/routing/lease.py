"""The pull lease: the next piece of work for one person, taken with SKIP LOCKED.

Of any number of people who pull at once, none gets what another got, and none waits for another.
The predicate is checked where the entry is taken, in the same statement. As a rule a pull is one
trip to the database (`workforce.routing.trip`); where gold might come instead of the work, it is
made step by step, because drawing gold is for Python to do. Gold is drawn inside the lease, so that
it comes at the moment and in the form of work.
"""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db import ProgrammingError, connection

from core.access.actors import Actor
from core.clock import now
from core.errors import Conflict, NotFound
from core.tenancy.models import Organization
from core.tenancy.prepared import Prepared
from core.tenancy.scope import in_one_transaction, keeping_scope, scope
from core.tenancy.statements import run_prepared, run_together
from workforce.labels.proposals import propose_to_copy
from workforce.links.laying import lay_out_copy
from workforce.quality.gold import draw_gold, expose_gold
from workforce.routing.eligibility import ME, levels_in
from workforce.routing.trip import PICKED_TASK, Picked, Pull
from workforce.tasks.models import QueueEntry, Task


@dataclass(frozen=True)
class Leased:
    """A lease; the task that it is on is read, in its client's scope, when somebody asks.

    seen: the task, where it was read with the lease.
    """

    entry: QueueEntry
    seen: Task | None = None

    @property
    def tenant(self) -> Organization:
        """Raises as `task`."""
        return self.task.tenant

    @property
    def page(self) -> str:
        """The page on which the work is done. Raises as `task`."""
        place = "review" if self.entry.work == QueueEntry.Work.REVIEW else "tasks"
        return f"/t/{self.tenant.slug}/{place}/{self.entry.task_id}"

    @cached_property
    def task(self) -> Task:
        """Raises NotFound when the client's work was closed to the person since it was taken."""
        task = self.seen
        if task is None:
            with scope(self.entry.tenant_id):
                task = _TASK.first(task=self.entry.task_id)
        if task is None:
            raise NotFound("This work was closed a moment ago. Ask for the next piece.")
        return task


_TASK = Prepared(
    lambda task: Task.objects.select_related("ontology", "tenant").filter(id=task)[:1], task=UUID
)


def lease_next(
    *, actor: Actor, vendor: UUID, work: str, another: bool = False, seeing: bool = False
) -> Leased | None:
    """Give the person their current lease of this kind of work, or the next one; None: no work.

    With `another` the current one stays beside a new one, as far as the person's capacity goes.
    `seeing`: read the task as well, in the same trip.
    Raises Conflict when the person holds no skill that a gate leaves open.
    """
    pull = Pull(actor=actor, vendor=vendor, work=work, another=another, at=now())
    seen: list[Task] = []
    try:
        picked, seen = _in_one_trip(pull, seeing=seeing)
    except ProgrammingError:
        # The client's policies refused: the engagement ended since the pick, perhaps.
        picked = Picked.LEFT
    if picked is Picked.LEFT:
        picked, seen = _step_by_step(pull), []
    if isinstance(picked, QueueEntry):
        return Leased(picked, *seen)
    _refuse_without_skill(pull)
    return None


def _in_one_trip(pull: Pull, *, seeing: bool) -> tuple[QueueEntry | Picked, list[Task]]:
    asked = _TASK.written(task=PICKED_TASK)
    more = [asked.statement()] if seeing else []
    _, picked, took, *seen = in_one_transaction([*pull.pick(), pull.take(), *more])
    return pull.taken(picked, took), asked.read(seen[0]) if seeing else []


def _step_by_step(pull: Pull) -> QueueEntry | Picked:
    """Pull with a stop between pick and take, in which gold may be drawn instead."""
    entry: QueueEntry | None = None
    try:
        with keeping_scope():
            _, picked = run_together(pull.pick())
            if not picked:
                return Picked.NOTHING
            fresh, entry = pull.read(picked)
            if not fresh:
                return entry
            with scope(entry.tenant_id, savepoint=False):
                return _gold_instead(pull, entry) or _take(pull, entry)
    except (Task.DoesNotExist, ProgrammingError):
        if entry is None or _open_to_asker(entry.tenant_id):
            raise
        # The engagement ended between the pick and the client's scope; nothing was taken.
        return Picked.NOTHING


def _take(pull: Pull, entry: QueueEntry) -> QueueEntry:
    [took] = run_together([pull.take(entry.id, settled=True)])
    return pull.lent(entry, took)


def _open_to_asker(client: UUID) -> bool:
    """Say whether whoever asks may be in the client's scope, as the policies see it."""
    with scope(client), connection.cursor() as cursor:
        cursor.execute("select custos_may_be_here()")
        return bool(cursor.fetchone()[0])


def _refuse_without_skill(pull: Pull) -> None:
    rows = run_prepared(
        f"with me as ({ME}) select holds from me",  # noqa: S608 - made of constants
        {"vendor": pull.vendor, "people": [pull.person], "now": now()},
    )
    holds = rows[0][0] if rows else []
    if not set(levels_in(holds)) - {item.removeprefix("gate:") for item in holds}:
        raise Conflict(
            "There is no work that you may do now: you hold no open skill. "
            "Your vendor manager sees why and can reinstate one."
        )


def _gold_instead(pull: Pull, entry: QueueEntry) -> QueueEntry | None:
    """Draw gold of the same project in place of `entry`, which stays where it is."""
    if entry.work != QueueEntry.Work.ANNOTATE or entry.project_id is None:
        return None
    gold = draw_gold(person=pull.person, project_id=entry.project_id, task_type=entry.skill)
    if gold is None:
        return None
    task = Task.objects.get(id=entry.task_id)
    copy = Task.objects.create(
        tenant_id=entry.tenant_id,
        project_id=task.project_id,
        clip_id=gold.clip_id,
        ontology_id=task.ontology_id,
        task_type=task.task_type,
        start_frame=gold.start_frame,
        end_frame=gold.end_frame,
        is_copy=True,
    )
    expose_gold(gold=gold, task=copy, person=pull.person)
    propose_to_copy(copy)
    lay_out_copy(copy, gold.content)
    return _take_copy(pull, entry, copy)


def _take_copy(pull: Pull, entry: QueueEntry, copy: Task) -> QueueEntry:
    entry.pk = QueueEntry._meta.pk.get_default()
    entry._state.adding = True
    entry.task_id = copy.id
    entry.token = 0
    entry.created_at = now()
    entry.save(force_insert=True)
    # Its reasons are those of what was picked: people read them, and gold must not show there.
    _take(pull, entry)
    # A lease that runs out must not hand this person's gold to somebody else.
    entry.reserved_for, entry.reserved_until = pull.person, None
    entry.save(update_fields=["reserved_for", "reserved_until"])
    return entry
