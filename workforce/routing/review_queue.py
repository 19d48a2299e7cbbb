"""What waits for a reviewer, oldest first: ids and dates alone, as in the queue itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.clock import now
from core.tenancy.names import names_of
from core.tenancy.statements import run_prepared
from workforce.routing.eligibility import ME, PARTS
from workforce.tasks.models import Task

#: More than anybody reads; who has so many waits for more reviewers, not for a longer list.
MOST = 500

_BY_NAME = {part.name: part.sql for part in PARTS}
_SHOWN = " and ".join(_BY_NAME[name] for name in ("engaged", "vendor", "own_work"))
_REST = [
    part for part in PARTS
    if part.of == "work" and part.name not in {"engaged", "vendor", "own_work", "role"}
]  # fmt: skip
# The oldest entries are read along an index, and only then what is told of each.
_WAITING = f"""
with me as materialized ({ME}),
oldest as materialized (
  select p.* from me cross join lateral (
    select q.* from tasks_queueentry q
    where q.state = 'waiting' and q.work = 'review' and {_SHOWN}
    order by q.created_at, q.id limit {MOST}) p)
select q.task_id, q.tenant_id, q.skill, q.level, q.certificate, q.clearance, q.language,
  q.due_at, q.priority,
  coalesce((select a.finished_at from tasks_queueentry a
    where a.task_id = q.task_id and a.work = 'annotate'), q.created_at) as handed_in,
  {", ".join(part.sql for part in _REST)}
from oldest q, me order by handed_in, q.id"""  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class Waiting:
    """One review that waits. `shut`: what keeps it from this person; empty if nothing does."""

    client: str
    skill: str
    handed_in: datetime
    due_at: datetime | None
    late: bool
    shut: str

    @property
    def what(self) -> str:
        """What is to be looked at, in a word."""
        return "Identity links" if self.skill == Task.LINKS else self.skill.capitalize()


def waiting_reviews(*, vendor: UUID, person: UUID) -> list[Waiting]:
    """List reviews that wait at the vendor, but those of which the person is a part."""
    instant = now()
    rows = run_prepared(_WAITING, {"vendor": vendor, "people": [person], "now": instant})
    names = names_of(row[1] for row in rows)
    return [_waiting(row, names[row[1]], instant) for row in rows]


def _waiting(row: tuple[object, ...], client: str, instant: datetime) -> Waiting:
    _, _, skill, level, certificate, clearance, language, due, _, handed_in, *holds = row
    asked = {
        "skill": skill, "level": level, "certificate": certificate, "clearance": clearance,
        "language": language,
    }  # fmt: skip
    shut = [part.failed for part, held in zip(_REST, holds, strict=True) if not held]
    assert isinstance(handed_in, datetime)
    assert due is None or isinstance(due, datetime)
    return Waiting(
        client,
        str(skill),
        handed_in,
        due,
        due is not None and due < instant,
        shut[0].format_map(asked) if shut else "",
    )
