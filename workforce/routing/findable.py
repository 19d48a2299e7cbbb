"""A vendor's people find its work by the beginning of a task's id, and by its project.

Files have no names for a vendor, so nothing is found by them. What a person finds is what their own
pages show: an annotator what is in their hands and what came back to them, a manager what the board
shows and who handed what in. Gold is found as work is: nothing here asks which it was.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from core.access.door import Entry
from core.access.permissions import Permission
from core.clock import now
from core.search.finding import by_words
from core.search.registry import Asked, Finder, Hit, finder
from core.tenancy.asking import asking_person
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from workforce.people.models import Worker
from workforce.quality.disputes import sent_back
from workforce.routing.eligibility import open_engagements
from workforce.routing.grid import project_names, queue_of
from workforce.tasks.models import QueueEntry, Task


def _clients(entry: Entry) -> dict[UUID, str]:
    """Slugs of the clients whose work the vendor's own people may do now, by id."""
    organization = entry.organization
    if entry.vendor_id is not None or organization.kind != Organization.Kind.VENDOR:
        return {}
    rows = Organization.objects.filter(id__in=open_engagements(organization.id))
    return dict(rows.values_list("id", "slug"))


def _name(task: UUID) -> str:
    return f"Task {str(task)[:8]}"


def _own(entry: Entry, asked: Asked, most: int) -> list[Hit]:
    """What the person who looks has in their hands, and what was sent back to them."""
    person, clients = asking_person(), _clients(entry)
    if person is None or not clients:
        return []
    held = QueueEntry.objects.filter(
        lessee=person,
        state=QueueEntry.State.LEASED,
        lease_until__gt=now(),
        tenant_id__in=clients,
    )
    places: dict[UUID, dict[UUID, tuple[str, str]]] = {}
    for row in sent_back(clients=clients, person=person):
        places.setdefault(row.client_id, {})[row.task_id] = ("sent-back", "sent back to you")
    for one in held.order_by("leased_at"):
        review = one.work == QueueEntry.Work.REVIEW
        place = ("review", "in review by you") if review else ("tasks", "in your hands")
        places.setdefault(one.tenant_id, {})[one.task_id] = place
    return [
        hit
        for client, tasks in places.items()
        for hit in _fitting(client, clients[client], tasks, asked)
    ][:most]


def _fitting(
    client: UUID, slug: str, tasks: dict[UUID, tuple[str, str]], asked: Asked
) -> list[Hit]:
    with scope(client):
        wanted = Q(project_id__in=by_words("project", asked.words))
        if asked.ids is not None:
            wanted |= Q(id__range=asked.ids)
        rows = Task.objects.select_related("project").filter(wanted, id__in=tasks)
        return [
            Hit(
                _name(row.id),
                f"/t/{slug}/{tasks[row.id][0]}/{row.id}",
                f"{row.project.name}, {row.task_type}, "
                f"frames {row.start_frame} to {row.end_frame}, {tasks[row.id][1]}",
            )
            for row in rows.order_by("clip_id", "start_frame", "id")
        ]


def _work(entry: Entry, asked: Asked, most: int) -> list[Hit]:
    """The vendor's queue, the most pressing first, then what its people handed in, newest first."""
    clients = _clients(entry)
    if not clients:
        return []
    workers = {row.user_id: row for row in Worker.objects.select_related("user")}
    named: list[UUID] = []
    for client in clients:
        with scope(client):
            named += by_words("project", asked.words)
    wanted = Q(project_id__in=named)
    if asked.ids is not None:
        wanted |= Q(task_id__range=asked.ids)
    rows = [*_ours(queue_of(entry.organization.id).filter(wanted), workers)[:most]]
    done = QueueEntry.objects.filter(
        wanted, state=QueueEntry.State.DONE, tenant_id__in=clients, lessee__in=workers
    ).exclude(work=QueueEntry.Work.QUIZ)
    rows += done.order_by("-finished_at", "id")[: most - len(rows)]
    names = project_names({(row.tenant_id, row.project_id) for row in rows})
    return [_shown(row, names[row.tenant_id, row.project_id][1], workers) for row in rows]


def _ours(rows: QuerySet[QueueEntry], workers: dict[UUID, Worker]) -> QuerySet[QueueEntry]:
    """Leave out what another vendor's people hold, or what is kept for them."""
    nobody = Q(reserved_for__isnull=True) | Q(reserved_for__in=workers)
    free = nobody & ~Q(state=QueueEntry.State.LEASED)
    return rows.filter(free | Q(state=QueueEntry.State.LEASED, lessee__in=workers))


def _shown(row: QueueEntry, project: str, workers: dict[UUID, Worker]) -> Hit:
    """Say who has it; what was handed in leads to who did it, all else to the board."""
    state, words = row.state, "free"
    if state == QueueEntry.State.HELD:
        words = "held"
    elif state == QueueEntry.State.WAITING and row.reserved_for in workers:
        words = f"kept for {_called(workers[row.reserved_for])}"
    path = f"board?project={row.project_id}&state={state}" if row.project_id else "board"
    if row.lessee in workers and state in {QueueEntry.State.LEASED, QueueEntry.State.DONE}:
        worker = workers[row.lessee]
        words = f"in the hands of {_called(worker)}"
        if state == QueueEntry.State.DONE:
            words, path = f"handed in by {_called(worker)}", f"people/{worker.id}"
    return Hit(_name(row.task_id), path, f"{project}, {row.work} {row.skill}, {words}")


def _called(worker: Worker) -> str:
    return worker.user.get_full_name()


finder(Finder("Your tasks", "square-pen", Permission.TASK_ANNOTATE, _own))
finder(Finder("Tasks", "square-pen", Permission.TASK_ALLOCATE, _work))
