"""Custos and Label Studio beside each other: the next task, saving its labels, a page of tasks.

Both serve the same number of web processes on one embedded PostgreSQL: Custos under uvicorn as
`custos up` starts it, Label Studio under gunicorn with four threads a process. 2,000 tasks of 750
frames; to save is to store ten tracks of 20 keyframes and to hand them in, in one request. A page
has 50 tasks there and 100 here.

First everybody makes a few calls of each kind on both, which do not count: a process that was just
started, its connections and the database's caches are as cold as they are once a day. Then rounds
of both take turns; a ratio is of calls per second over all rounds. A call is timed from sending its
bytes to having read its answer: bodies are written beforehand, and the client is the plain one of
the standard library, so that as little as may be of what is measured is the client. Memory is the
sum of the web processes at its peak, in which pages that several share count once (PSS).

Usage: benchmarks/server.py [TASKS] [CALLS] [PROCESSES]
"""

# ruff: noqa: PLC0415 - the settings read an environment that is made here

import collections
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import psycopg

from benchmarks.support import peer
from benchmarks.support.embedded import embedded
from benchmarks.support.report import report

ROOT = Path(__file__).resolve().parents[1]
PEOPLE, ROUNDS, PAGE, WARM = 8, 3, 50, 4
FRAMES, FPS, WIDTH, HEIGHT = 750, 25, 1280, 720
TRACKS, KEYFRAMES = 10, 20
LABELS = ("person", "vehicle", "object")
GOALS = {1: 5.0, 8: 8.0}
MEMORY = 0.5
START_SECONDS = 120


def tracks(draw):
    """Tracks of a task: label and [frame, x, y, width, height] of each keyframe, in pixels."""
    step = FRAMES // (KEYFRAMES + 1)
    made = []
    for _ in range(TRACKS):
        width, height = draw.uniform(30, 200), draw.uniform(40, 220)
        across, down = draw.uniform(0, WIDTH - width), draw.uniform(0, HEIGHT - height)
        boxes = [
            [
                k * step,
                round(min(max(0, across + k * draw.uniform(-6, 6)), WIDTH - width), 2),
                round(min(max(0, down + k * draw.uniform(-3, 3)), HEIGHT - height), 2),
                round(width, 2),
                round(height, 2),
            ]
            for k in range(KEYFRAMES)
        ]
        made.append((draw.choice(LABELS), boxes))
    return made


class Served:
    """A program with its web processes, and the port where it answers."""

    def __init__(self, command, *, environment, folder, path="/health"):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [part.format(port=port) for part in command],
            cwd=folder,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
        )
        self.peak = 0.0
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(self.url + path)
                break
            except httpx.TransportError:
                if self.process.poll() is not None or time.monotonic() > give_up:
                    sys.exit(f"{command[0]} did not start")
                time.sleep(0.2)

    def sample(self):
        """Keep the greatest sum of resident memory (MiB) of the process and its children."""
        self.peak = max(self.peak, sum(map(resident, [self.process.pid, *self._children()])))

    def _children(self):
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in listed.read_text().split()]

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def resident(pid):
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


class Connection:
    """One connection that is kept, as one person."""

    def __init__(self, url, authorization):
        self.kept = HTTPConnection(url.removeprefix("http://"), timeout=60)
        self.headers = {"Authorization": authorization, "Content-Type": "application/json"}

    def ask(self, method, path, body=None):
        """Give the bytes of the answer; any but a success ends the run."""
        self.kept.request(method, path, body=body, headers=self.headers)
        answer = self.kept.getresponse()
        read = answer.read()
        if answer.status // 100 != 2:
            sys.exit(f"{method} {path}: {answer.status} {read[:500]!r}")
        return read


class Custos:
    """The calls of one person of the vendor; lists are asked for by the client's manager."""

    name = "custos"

    def __init__(self, url, token, manager):
        self.http = Connection(url, f"Bearer {token}")
        self.lists = Connection(url, f"Bearer {manager}")
        self.cursor = None

    def next(self):
        return self.http.ask("POST", "/api/v1/t/vendor/lease", b"{}")

    def write(self, taken, made):
        """Give the task's id and what saves these tracks."""
        leased = json.loads(taken)
        start, task = leased["task"]["start_frame"], leased["task"]["id"]
        tracks = [self._track(start, *track) for track in made]
        body = {"token": leased["lease"]["token"], "tracks": tracks}
        return task, (f"/api/v1/t/client/tasks/{task}/submit", json.dumps(body).encode())

    def save(self, path, body):
        self.http.ask("POST", path, body)

    @staticmethod
    def _track(start, label, boxes):
        keyframes = [[start + frame, 0, [x, y, x + w, y + h]] for frame, x, y, w, h in boxes]
        identity = {"id": str(uuid4()), "label": label, "kind": "box", "attributes": {}}
        return {**identity, "keyframes": keyframes}

    def list(self, number):
        """Ask for the page after the last one; the first one again after the end."""
        asked = {"limit": PAGE, "cursor": self.cursor} if self.cursor else {"limit": PAGE}
        answer = self.lists.ask("GET", f"/api/v1/t/client/tasks?{urlencode(asked)}")
        self.cursor = json.loads(answer)["next"]


class LabelStudio:
    """The calls of one annotator."""

    name = "label-studio"

    def __init__(self, url, token, project):
        self.http = Connection(url, f"Token {token}")
        self.project = project

    def next(self):
        return self.http.ask("GET", f"/api/projects/{self.project}/next")

    def write(self, taken, made):
        """Give the task's id and what saves these tracks."""
        task = json.loads(taken)["id"]
        result = [self._track(n, *track) for n, track in enumerate(made)]
        body = {"result": result, "lead_time": 60, "was_cancelled": False}
        return task, (f"/api/tasks/{task}/annotations/", json.dumps(body).encode())

    def save(self, path, body):
        self.http.ask("POST", path, body)

    @staticmethod
    def _track(number, label, boxes):
        sequence = [
            {
                "frame": frame + 1,
                "enabled": True,
                "rotation": 0,
                "time": frame / FPS,
                "x": 100 * x / WIDTH,
                "y": 100 * y / HEIGHT,
                "width": 100 * w / WIDTH,
                "height": 100 * h / HEIGHT,
            }
            for frame, x, y, w, h in boxes
        ]
        value = {"framesCount": FRAMES, "duration": FRAMES / FPS}
        return {
            "id": f"t{number}",
            "from_name": "box",
            "to_name": "video",
            "type": "videorectangle",
            "value": {**value, "sequence": sequence, "labels": [label]},
        }

    def list(self, number):
        query = {"project": self.project, "page": number + 1, "page_size": PAGE}
        self.http.ask("GET", f"/api/tasks/?{urlencode(query)}")


def at_once(people, calls, call):
    """Make `calls` calls in all, each person one after the other on a connection of their own."""
    numbers, errors, lock = iter(range(calls)), [], threading.Lock()

    def work(person):
        while not errors:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                call(person, number)
            except Exception as error:  # noqa: BLE001 - told below
                errors.append(error)

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def one_round(people, calls, pages, draw, found):
    """Take and save so many tasks, then list so many pages; add seconds by call, and the tasks."""
    payloads = [tracks(draw) for _ in range(calls)]

    def cycle(person, number):
        start = time.perf_counter()
        taken = person.next()
        found["next"].append(time.perf_counter() - start)
        task, sent = person.write(taken, payloads[number])
        start = time.perf_counter()
        person.save(*sent)
        found["save"].append(time.perf_counter() - start)
        found["tasks"].append(task)

    def list_page(person, number):
        start = time.perf_counter()
        person.list(number % pages)
        found["list"].append(time.perf_counter() - start)

    at_once(people, calls, cycle)
    at_once(people, calls, list_page)


def prepare_custos(tasks):
    """Furnish an empty database; give the tokens of the annotators and of the client's manager."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "core.web.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", database="owner", verbosity=0)
    from core.access.actors import Actor
    from core.access.models import Engagement, Membership
    from core.accounts.models import Person
    from core.accounts.tokens import issue_token
    from core.tenancy.models import Organization
    from workforce.people.services import add_worker

    client = Organization.objects.create(slug="client", kind="client")
    vendor = Organization.objects.create(slug="vendor", kind="vendor")
    Engagement.objects.create(client=client, vendor=vendor)

    def person(name, organization, role):
        user = Person.objects.create_user(f"{name}@example.org")
        Membership.objects.create(user=user, organization=organization, role=role)
        return user, issue_token(
            user=user, organization=organization, name="bench", second_factor=True
        )[1]

    tokens = []
    for number in range(PEOPLE):
        user, token = person(f"annotator-{number}", vendor, "annotator")
        add_worker(actor=Actor.system("bench"), vendor=vendor.id, user_id=user.id, skills=["boxes"])
        tokens.append(token)
    _, manager = person("manager", client, "client_admin")
    cut(client, tasks)
    return tokens, manager


def cut(client, tasks):
    """One prepared clip of the client, cut into so many tasks; its bytes are never read here."""
    from core.access.actors import Actor
    from core.storage.models import StoredObject
    from core.tenancy.scope import scope
    from tenants.intake.models import Clip
    from tenants.projects.services import create_project
    from workforce.tasks.slicing import slice_clip

    actor = Actor.system("bench")
    project = create_project(
        actor=actor, tenant=client.id, name="Bench", task_frames=FRAMES, task_overlap=0
    )
    with scope(client.id):
        source = StoredObject.objects.create(
            tenant_id=client.id,
            kind="source",
            size=1,
            sha256=bytes(32),
            ciphertext_sha256=bytes(32),
            store_key=uuid4().hex,
            wrapped_dek=bytes(61),
            key_version=1,
            commitment=bytes(32),
        )
        clip = Clip.objects.create(
            tenant_id=client.id,
            project=project,
            source=source,
            filename="bench.mp4",
            state="ready",
            width=WIDTH,
            height=HEIGHT,
            frame_count=tasks * FRAMES,
            duration=tasks * FRAMES / FPS,
        )
    slice_clip(actor=actor, tenant=client.id, clip_id=clip.id)


def furnish_label_studio(url, token, tasks):
    """Make the project and its tasks through the API; give the project's number."""
    labels = "".join(f'<Label value="{label}"/>' for label in LABELS)
    config = (
        f'<View><Labels name="labels" toName="video">{labels}</Labels>'
        f'<Video name="video" value="$video" framerate="{FPS}"/>'
        '<VideoRectangle name="box" toName="video"/></View>'
    )
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Token {token}"}, timeout=300
    ) as http:
        wanted = {"title": "Bench", "label_config": config, "maximum_annotations": 1}
        made = http.post("/api/projects/", json=wanted)
        made.raise_for_status()
        project = made.json()["id"]
        for first in range(0, tasks, 100):
            rows = [
                {"data": {"video": "/clips/demo.mp4", "camera": f"cam-{n % 64}", "start_s": n * 30}}
                for n in range(first, min(first + 100, tasks))
            ]
            http.post(f"/api/projects/{project}/import", json=rows).raise_for_status()
    return project


def serve_custos(processes):
    return Served(
        [
            sys.executable,
            *("-P", "-m", "uvicorn", "core.web.asgi:application", "--port={port}"),
            *("--lifespan=on", "--no-access-log", "--no-server-header", "--log-level=warning"),
            *("--timeout-keep-alive=600", f"--workers={processes}"),
        ],
        environment={
            "CUSTOS_DATABASE_POOL": "1",
            "MALLOC_ARENA_MAX": "2",
            "CUSTOS_LIMIT_TOKEN": "1000000",
            "PYTHONPATH": str(ROOT),
        },
        folder=ROOT,
        path="/healthz",
    )


def serve_label_studio(prepared, processes):
    program = peer.interpreter("labelstudio").parent / "gunicorn"
    return Served(
        [
            str(program),
            *("-w", str(processes), "--threads", "4", "-b", "127.0.0.1:{port}"),
            *("--keep-alive", "600", "--log-level", "warning", "core.wsgi:application"),
        ],
        environment=prepared["environment"],
        folder=prepared["folder"],
    )


def warm(systems, pages):
    """Let everybody make a few calls of each kind on both; give the tasks that Custos gave."""
    found = {name: collections.defaultdict(list) for name in systems}
    for name, (_, people) in systems.items():
        one_round(people, WARM * len(people), pages, random.Random(-1), found[name])
    return found[Custos.name]["tasks"]


def measure(systems, connections, calls, pages, given):
    """Give, by system, the seconds of each call, over rounds that take turns.

    given: tasks that Custos gave before; those of this run are added.
    """
    found = {name: collections.defaultdict(list) for name in systems}
    for number in range(ROUNDS):
        for name, (served, people) in systems.items():
            draw = random.Random(number)  # the same labels for both
            one_round(people[:connections], calls, pages, draw, found[name])
            served.sample()
    given += found[Custos.name]["tasks"]
    if len(set(given)) != len(given):
        sys.exit(f"{len(given) - len(set(given))} tasks went to two people")
    return found


def compare(systems, connections, calls, pages, versions, given):  # noqa: PLR0917
    seconds = measure(systems, connections, calls, pages, given)
    for call in ("next", "save", "list"):
        mean = {name: sum(found[call]) / len(found[call]) for name, found in seconds.items()}
        report(
            f"server.{call}.{connections}",
            ratio=mean[LabelStudio.name] / mean[Custos.name],
            to="calls a second of Label Studio",
            goal=GOALS[connections],
            inputs={
                "connections": connections,
                "calls": calls * ROUNDS,
                "mean_ms": {name: round(1000 * value, 1) for name, value in mean.items()},
            },
            packages=versions,
        )


def bench(cluster, folder, tasks, calls, processes):
    with psycopg.connect(cluster.dsn("postgres", "postgres"), autocommit=True) as owner:
        owner.execute(f"create database labelstudio owner {cluster.owner}")
    media = Path(folder) / "label-studio"
    media.mkdir()
    environment = {
        "POSTGRE_HOST": str(cluster.socket_dir),
        "POSTGRE_PORT": "5432",
        "POSTGRE_USER": cluster.owner,
        "POSTGRE_PASSWORD": "none",
        "POSTGRE_NAME": "labelstudio",
        "LABEL_STUDIO_BASE_DATA_DIR": str(media),
    }
    prepared = peer.run("labelstudio", json.dumps(environment), str(PEOPLE))
    tokens, manager = prepare_custos(tasks)
    ours, theirs = serve_custos(processes), serve_label_studio(prepared, processes)
    try:
        project = furnish_label_studio(theirs.url, prepared["tokens"][0], tasks)
        systems = {
            Custos.name: (ours, [Custos(ours.url, token, manager) for token in tokens]),
            LabelStudio.name: (
                theirs,
                [LabelStudio(theirs.url, token, project) for token in prepared["tokens"][1:]],
            ),
        }
        given = warm(systems, tasks // PAGE)
        for connections in GOALS:
            compare(systems, connections, calls, tasks // PAGE, prepared["versions"], given)
        report(
            "server.memory",
            ratio=ours.peak / theirs.peak,
            to="peak memory of Label Studio's web processes",
            goal=MEMORY,
            at_most=True,
            inputs={
                "processes": processes,
                "mib": {"custos": round(ours.peak), "label-studio": round(theirs.peak)},
            },
            packages=prepared["versions"],
        )
    finally:
        theirs.stop()
        ours.stop()


def main():
    tasks, calls, processes = (
        int(given) if given else usual
        for given, usual in zip([*sys.argv[1:], 0, 0, 0], (2000, 64, 2), strict=False)
    )
    with embedded(broker=True) as (folder, cluster):
        bench(cluster, str(folder), tasks, calls, processes)


if __name__ == "__main__":
    main()
