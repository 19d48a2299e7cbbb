"""Clips of one street at two cameras with finished labels, and a desk to link them at."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

from core.access.actors import Actor
from core.tenancy.scope import scope
from tests import dock
from tests.api.labels.floor import lease, make_clip, walker
from tests.cast import Cast
from workforce.people.services import add_worker
from workforce.tasks.models import Task

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def cameras(cast: Cast) -> tuple[UUID, UUID]:
    """The gate and the yard of one site."""
    from tenants.projects.services import add_camera, add_site

    who = {"actor": Actor.person(cast.clara), "tenant": cast.harbour.id}
    site = add_site(**who, name="North harbour", time_zone="Europe/Brussels")
    gate = add_camera(**who, site_id=site.id, name="Gate")
    yard = add_camera(**who, site_id=site.id, name="Yard")
    return gate.id, yard.id


def filmed(cast: Cast, run_jobs, project, camera, minutes: float, people: dict[int, tuple]):
    """A clip of 100 frames whose labels are accepted. people: first and last frame by track id."""
    clip = make_clip(cast, frames=100)
    with scope(cast.harbour.id):
        clip.starts_at = NOON + timedelta(minutes=minutes)
        clip.camera_id, clip.time_zone = camera, "Europe/Brussels"
        if project is None:
            clip.project.task_frames = 100
            clip.project.save()
        else:
            clip.project = project
        clip.save()

    def walks(number, start, end):
        track = walker(UUID(int=number), start=start, end=end, left=10.0 + 40 * number)
        if end < 99:
            track["keyframes"].append([end + 1, 1, track["keyframes"][-1][2]])
        return track

    def tracks(_):
        return [walks(number, *frames) for number, frames in people.items()]

    dock.label(cast, clip, run_jobs, tracks)
    return clip


def street(cast: Cast, run_jobs) -> SimpleNamespace:
    """At the gate 1 walks by, and 2 beside it; two minutes later 3 and 4 are in the yard."""
    gate, yard = cameras(cast)
    first = filmed(cast, run_jobs, None, gate, 0, {1: (0, 49), 2: (0, 49)})
    second = filmed(cast, run_jobs, first.project, yard, 2, {3: (0, 49), 4: (10, 49)})
    for person in (cast.anna, cast.amir, cast.rita):
        add_worker(
            actor=Actor.person(cast.nora), vendor=cast.northlight.id, user_id=person.id,
            skills=["boxes", "links"],
        )  # fmt: skip
    return SimpleNamespace(gate=gate, yard=yard, clips=[first, second], project=first.project)


def ordered(client, run_jobs, project) -> None:
    """Have the tasks of links made, over the API."""
    answer = client.post(f"/api/v1/t/harbour/projects/{project.id}/links", {}, format="json")
    assert answer.status_code == 202, answer.content
    run_jobs()


def link_tasks(cast: Cast) -> list[Task]:
    with scope(cast.harbour.id):
        rows = Task.objects.filter(task_type="links", is_copy=False).order_by("created_at")
        return list(rows.select_related("clip"))


class Desk:
    """A task of links as one person of the vendor has it in hand."""

    def __init__(self, api, person, task):
        self.client, self.place = api(person), f"/api/v1/t/harbour/tasks/{task.id}/links"
        self.person, self.task = person, task
        self.token = lease(person, task.id)

    def read(self) -> dict:
        return self.client.get(self.place).json()

    def numbers(self) -> dict[int, int]:
        """The number in the task of each track."""
        return {UUID(item["track"]).int: item["number"] for item in self.read()["items"]}

    def say(self, *said, token=None):
        """say((3, 1, "same")): tracks by their ids."""
        at = self.numbers() if token is None else self.known
        self.known = at
        links = [{"first": at[a], "second": at[b], "verdict": verdict} for a, b, verdict in said]
        body = {"token": token or self.token, "links": links}
        return self.client.post(self.place, body, format="json")

    def undo(self):
        return self.client.post(f"{self.place}/undo", {"token": self.token}, format="json")

    def submit(self, **body):
        return self.client.post(
            f"{self.place}/submit", {"token": self.token, **body}, format="json"
        )
