"""Writes of this room: say of pairs of tracks whether they are one object, undo, hand in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Conflict, Invalid, LeaseLost
from core.tenancy.scope import scope
from workforce.labels.models import Draft, LabelSet
from workforce.labels.services import Frozen, hand_in, keep_draft
from workforce.labels.store import get_task
from workforce.links.content import write_content
from workforce.links.desk import Desk, last_step, open_desk, pair_of
from workforce.links.models import LinkDecision, LinkItem
from workforce.tasks.leases import require_lease
from workforce.tasks.models import QueueEntry, Task

#: Decisions that are taken in one go.
MOST = 500
WITHDRAWN = LinkDecision.Verdict.WITHDRAWN


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of two items of a task, by their numbers; a value of LinkDecision.Verdict."""

    first: int
    second: int
    verdict: str


def decide_links(
    *, tenant: UUID, task_id: UUID, token: int, actor: Actor, said: Sequence[Said]
) -> Desk:
    """Say of pairs of tracks what they are, as one step that an undo takes back whole.

    What holds already is no change. Raises NotFound, Invalid, Conflict for a task of another type,
    and LeaseLost after keeping what was sent as a draft.
    """
    assert actor.id is not None
    try:
        with scope(tenant):
            task = _leased(task_id, token, actor.id)
            desk = open_desk(task_id)
            changed = _changes(desk, said)
            if changed:
                _write(task, token, actor.id, desk, changed)
                record(
                    action="links.saved",
                    actor=actor,
                    tenant=tenant,
                    subject=("task", task_id),
                    details={"links": len(changed), "token": token},
                )
            return open_desk(task_id)
    except LeaseLost:
        _keep(tenant, task_id, token, actor.id, said)
        raise


def undo_links(*, tenant: UUID, task_id: UUID, token: int, actor: Actor) -> Desk:
    """Take the newest step back; what it changed is as before. Raises as `decide_links` does.

    Conflict where there is nothing to take back.
    """
    assert actor.id is not None
    with scope(tenant):
        task = _leased(task_id, token, actor.id)
        rows = list(LinkDecision.objects.filter(task_id=task_id).order_by("step", "id"))
        step = last_step(rows)
        if step is None:
            raise Conflict("There is nothing to undo in this task.")
        before = {(row.first_id, row.second_id): row.verdict for row in rows if row.step < step}
        undone = [row for row in rows if row.step == step]
        LinkDecision.objects.bulk_create(
            LinkDecision(
                tenant_id=tenant,
                task=task,
                step=rows[-1].step + 1,
                first_id=row.first_id,
                second_id=row.second_id,
                verdict=before.get((row.first_id, row.second_id), WITHDRAWN),
                undoes=step,
                token=token,
                decided_by_id=actor.id,
            )
            for row in undone
        )
        record(
            action="links.undone",
            actor=actor,
            tenant=tenant,
            subject=("task", task_id),
            details={"links": len(undone), "token": token},
        )
        return open_desk(task_id)


def submit_links(
    *,
    tenant: UUID,
    task_id: UUID,
    token: int,
    actor: Actor,
    vendor: UUID | None = None,
    accept_contradictions: bool = False,
) -> LabelSet:
    """Hand a task of links in, as `labels.submit` does a task that is drawn in.

    Raises Conflict while a subject is not settled, or while there are contradictions that are not
    accepted: whoever reviews it sees them.
    """

    def freeze(task: Task) -> Frozen:
        _require_links(task)
        desk = open_desk(task.id)
        if desk.unsettled:
            raise Conflict(
                f"{len(desk.unsettled)} of the tracks wait for a decision: say which candidate "
                "each of them is, or that it is none of them."
            )
        if desk.problems and not accept_contradictions:
            raise Conflict(
                "What you said cannot all be true. Mend it, or hand it in as it is: a reviewer "
                "sees what contradicts."
            )
        return Frozen(write_content(desk.items, desk.links, desk.problems))

    return hand_in(
        tenant=tenant, task_id=task_id, token=token, actor=actor, vendor=vendor, freeze=freeze
    )


def _leased(task_id: UUID, token: int, person: UUID) -> Task:
    task = get_task(task_id)
    require_lease(task_id, token, person, work=QueueEntry.LABELLING, lock=True)
    _require_links(task)
    return task


def _require_links(task: Task) -> None:
    if task.task_type != Task.LINKS:
        raise Conflict("This task is drawn in; only tasks of links are answered here.")


def _changes(desk: Desk, said: Sequence[Said]) -> list[Said]:
    """What is new in what was said, the smaller number first."""
    if len(said) > MOST:
        raise Invalid(f"Send at most {MOST} decisions in one go.", field="links")
    wanted: dict[tuple[int, int], str] = {}
    for place, one in enumerate(said):
        _check(desk, one, f"links[{place}]")
        wanted[pair_of(one.first, one.second)] = one.verdict
    return [
        Said(*pair, verdict)
        for pair, verdict in wanted.items()
        if desk.said.get(pair, WITHDRAWN) != verdict
    ]


def _check(desk: Desk, one: Said, field: str) -> None:
    for number in (one.first, one.second):
        if not 0 <= number < len(desk.items):
            raise Invalid(f"There is no track {number} in this task.", field=field)
    if one.first == one.second:
        raise Invalid("A track is always the same as itself: name two.", field=field)
    if not (desk.items[one.first].subject or desk.items[one.second].subject):
        raise Invalid("One of the two is a track that this task asks about.", field=field)
    if one.verdict not in LinkDecision.Verdict.values:
        known = ", ".join(LinkDecision.Verdict.values)
        raise Invalid(f"Nobody can say {one.verdict!r}; say one of: {known}.", field=field)


def _write(task: Task, token: int, person: UUID, desk: Desk, changed: Sequence[Said]) -> None:
    newest = LinkDecision.objects.filter(task=task).order_by("-step").first()
    rows: list[LinkItem] = desk.rows
    LinkDecision.objects.bulk_create(
        LinkDecision(
            tenant_id=task.tenant_id,
            task=task,
            step=newest.step + 1 if newest else 1,
            first=rows[one.first],
            second=rows[one.second],
            verdict=one.verdict,
            token=token,
            decided_by_id=person,
        )
        for one in changed
    )


def _keep(tenant: UUID, task_id: UUID, token: int, person: UUID, said: Sequence[Said]) -> None:
    """Keep what came late with what came late before: each save brings a few decisions only."""
    with scope(tenant):
        known = Draft.objects.filter(task_id=task_id, author_id=person, token=token).first()
    links = drafted(known) + [[one.first, one.second, one.verdict] for one in said[:MOST]]
    content = {"tracks": [], "deleted": [], "events": [], "links": links[-MOST:]}
    keep_draft(tenant=tenant, task_id=task_id, token=token, author=person, content=content)


def drafted(draft: Draft | None) -> list[list[object]]:
    """Decisions that a draft keeps: numbers of two items and what was said of them."""
    if draft is None:
        return []
    found: list[list[object]] = json.loads(draft.content).get("links", [])
    return found
