"""What the workbench's page carries: task, lease, ontology, addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.access.door import Entry
from core.access.models import Membership
from core.accounts.models import Person
from core.clock import now
from core.errors import LeaseLost
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from tenants.projects.services import label_order
from workforce.delivery.reading import pins_on
from workforce.labels.store import zones_in
from workforce.quality.disputes import decisions_of
from workforce.tasks.models import QueueEntry, Task

NOT_YOURS = "You hold no lease on this task. Take your next task from your home page."


def leased_task(
    *, tenant: UUID, task_id: UUID, person: UUID, work: str | Sequence[str]
) -> tuple[Task, QueueEntry]:
    """Find the task and the person's live lease on it. Raises LeaseLost, whatever is wrong.

    work: values of QueueEntry.Work: to annotate it or take it as a quiz, or to review it.
    """
    entry = QueueEntry.objects.filter(
        task_id=task_id,
        tenant_id=tenant,
        lessee=person,
        work__in=[work] if isinstance(work, str) else work,
        state=QueueEntry.State.LEASED,
        lease_until__gt=now(),
    ).first()
    if entry is None:
        raise LeaseLost(NOT_YOURS)
    with scope(tenant):
        task = Task.objects.select_related("ontology", "project").get(id=task_id)
    return task, entry


@dataclass(frozen=True, slots=True)
class Way:
    """Where a person who is done with a task goes: to their work, or straight to the next of it.

    next: what frontend/src/labels/wire.ts calls NextDoor; None for who works for no vendor.
    """

    home: str
    next: dict[str, str] | None = None


def way_on(person: Person, entry: Entry, work: str) -> Way:
    """Give the way on at the vendor that a person entered a client for.

    work: of QueueEntry.Work; after a task of a quiz comes the next of the quiz.
    """
    if entry.vendor_id is None:
        return Way("/")
    own = Membership.objects.filter(user=person, organization_id=entry.vendor_id)
    found = own.select_related("organization").first()
    if found is None:
        return Way("/")
    vendor = found.organization.slug
    quiz = work == QueueEntry.Work.QUIZ
    home = f"/t/{vendor}/quizzes" if quiz else f"/t/{vendor}/work"
    return Way(
        home,
        {
            "lease": f"/api/v1/t/{vendor}/lease",
            "work": str(work),
            "why": home if quiz else f"{home}?why={work}",
        },
    )


def task_page(
    *, tenant: Organization, task: Task, entry: QueueEntry, way: Way, csrf: str
) -> dict[str, Any]:
    """Give the document that frontend/src/labels/wire.ts calls TaskPage.

    {n} in the address of a group of pictures stands for its number.
    """
    api = f"/api/v1/t/{tenant.slug}"
    clip, here = f"{api}/clips/{task.clip_id}", f"{api}/tasks/{task.id}"
    assert entry.lease_until is not None
    with scope(tenant.id):
        zones = [
            {"id": str(zone.id), "name": zone.name, "kind": zone.kind, "polygon": zone.polygon}
            for zone in zones_in(task.clip)
        ]
        label_keys = label_order(task.project)
    return {
        "task": {
            "id": str(task.id),
            "start_frame": task.start_frame,
            "end_frame": task.end_frame,
            "type": task.task_type,
            "label": f"{task.project.name}, frames {task.start_frame}–{task.end_frame}",
        },
        "lease": {"token": entry.token, "expires_at": entry.lease_until.isoformat()},
        "ontology": task.ontology.document,
        "zones": zones,
        "label_keys": label_keys,
        "urls": {
            "index": f"{clip}/index",
            "init": f"{clip}/init",
            "gop": f"{clip}/gops/{{n}}",
            "tracks": f"{here}/tracks",
            "submit": f"{here}/submit",
            "heartbeat": f"{here}/heartbeat",
            "release": f"{here}/release",
            "review": f"{here}/review",
            "home": way.home,
        },
        "next": way.next,
        "csrf": csrf,
    }


def reasons_so_far(*, tenant: UUID, task: Task) -> list[dict[str, Any]]:
    """List why the client disputed the task, then why reviewers sent it back, newest first."""
    with scope(tenant):
        sent_back = [reason for row in reversed(decisions_of(task)) for reason in row["reasons"]]
        return [*pins_on(task), *sent_back]
