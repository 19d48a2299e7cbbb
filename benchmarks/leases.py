"""The pull lease at its service function, against a bare SKIP LOCKED loop of the same run.

64 people of one vendor pull at once until nothing is left; each lease writes its reasons, its entry
in the client's log and its event. The bare loop is one UPDATE over SELECT ... FOR UPDATE SKIP
LOCKED on a table with the same index, in autocommit, and writes nothing else. Both run on the same
embedded cluster with fsync, from threads of one process, the bare loop before and after ours.
No project has gold here: drawing it is not what is measured. Held tasks are closed in bulk every
few pulls, within the measured time.

Usage: benchmarks/leases.py [TASKS] [PULLERS]
"""

# ruff: noqa: PLC0415 - the settings read an environment that is made here

import collections
import json
import os
import sys
import threading
import time
from importlib.metadata import version
from uuid import uuid4

import psycopg

from benchmarks.support.embedded import embedded

CLIENTS = 20
CLOSE_EVERY = 20
SHARE, SPREAD, TAIL, FREE_WITHIN = 0.3, 2.0, 3.0, 5.0

BARE_TABLE = """
create table bench_task (id uuid primary key default gen_random_uuid(), tenant int, skill int,
  priority smallint, due timestamptz, state smallint default 0, lessee int,
  lease_until timestamptz, token bigint default 0);
create index on bench_task (priority, due, id) where state = 0;
"""
BARE_TAKE = """
with c as (select id from bench_task where state = 0 and skill = any(%(skills)s)
  and tenant = any(%(tenants)s) order by priority, due, id limit 1 for update skip locked)
update bench_task t set state = 1, lessee = %(person)s, lease_until = now() + interval '15 min',
  token = token + 1 from c where t.id = c.id returning t.id
"""


class Pulls:
    """What the pullers of one run got, and how long each pull took."""

    def __init__(self, pullers):
        self.taken = [[] for _ in range(pullers)]
        self.seconds = [[] for _ in range(pullers)]
        self.errors = []
        self.wall = 0.0

    def run(self, pull_until_empty):
        gate = threading.Barrier(len(self.taken) + 1)

        def puller(number):
            gate.wait()
            try:
                pull_until_empty(number, self.taken[number], self.seconds[number])
            except Exception as error:  # noqa: BLE001 - said by the main thread
                self.errors.append(error)

        threads = [threading.Thread(target=puller, args=(n,)) for n in range(len(self.taken))]
        for thread in threads:
            thread.start()
        gate.wait()
        start = time.perf_counter()
        for thread in threads:
            thread.join()
        self.wall = time.perf_counter() - start
        if self.errors:
            raise self.errors[0]
        return self

    @property
    def rate(self):
        return sum(map(len, self.taken)) / self.wall

    @property
    def doubles(self):
        counts = collections.Counter(task for mine in self.taken for task in mine)
        return sum(count - 1 for count in counts.values())

    @property
    def spread(self):
        sizes = [len(mine) for mine in self.taken]
        return max(sizes) / max(min(sizes), 1)

    @property
    def p95(self):
        every = sorted(second for mine in self.seconds for second in mine)
        return every[int(len(every) * 0.95)]


def bare(dsn, tasks, pullers):
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("drop table if exists bench_task")
        owner.execute(BARE_TABLE)
        owner.execute(
            "insert into bench_task (tenant, skill, priority, due) select i %% %s, 0, i %% 9, "
            "now() + i * interval '1 s' from generate_series(1, %s) i",
            [CLIENTS, tasks],
        )
        owner.execute("analyze bench_task")

    def pull_until_empty(number, taken, seconds):
        values = {"skills": [0], "tenants": list(range(CLIENTS)), "person": number}
        with psycopg.connect(dsn, autocommit=True) as connection:
            while True:
                start = time.perf_counter()
                row = connection.execute(BARE_TAKE, values).fetchone()
                seconds.append(time.perf_counter() - start)
                if row is None:
                    return
                taken.append(row[0])

    return Pulls(pullers).run(pull_until_empty)


def furnish(tasks, pullers):
    """Clients, a vendor with so many people, and the queue. Gives the vendor and the actors."""
    from core.access.actors import Actor
    from core.access.models import Engagement, Membership
    from core.accounts.models import Person
    from core.clock import now
    from core.tenancy.models import Organization
    from workforce.people.services import add_worker, set_capacity
    from workforce.tasks.models import QueueEntry

    vendor = Organization.objects.create(slug="vendor", kind="vendor")
    clients = [
        Organization.objects.create(slug=f"client-{n}", kind="client") for n in range(CLIENTS)
    ]
    for client in clients:
        Engagement.objects.create(client=client, vendor=vendor)
    actors = []
    system = Actor.system("bench")
    for number in range(pullers):
        person = Person.objects.create_user(f"puller-{number}@example.org")
        Membership.objects.create(user=person, organization=vendor, role="annotator")
        worker = add_worker(actor=system, vendor=vendor.id, user_id=person.id, skills=["boxes"])
        set_capacity(actor=system, vendor=vendor.id, worker_id=worker.id, tasks_at_once=100)
        actors.append(Actor.person(person))
    projects = {client.id: uuid4() for client in clients}
    due = now()
    # A transaction each: on a busy machine one of all would outlast the role's timeout.
    for first in range(0, tasks, 5000):
        QueueEntry.objects.bulk_create(
            QueueEntry(
                task_id=uuid4(),
                tenant_id=clients[n % CLIENTS].id,
                project_id=projects[clients[n % CLIENTS].id],
                work="annotate",
                skill="boxes",
                priority=n % 9,
                due_at=due,
            )
            for n in range(first, min(first + 5000, tasks))
        )
    return vendor.id, actors


def ours(vendor, actors):
    from django.db import connection, connections

    from workforce.routing.lease import lease_next
    from workforce.tasks.models import QueueEntry

    with connections["owner"].cursor() as cursor:
        cursor.execute("analyze")

    def pull_until_empty(number, taken, seconds):
        actor = actors[number]
        try:
            while True:
                start = time.perf_counter()
                leased = lease_next(actor=actor, vendor=vendor, work="annotate", another=True)
                seconds.append(time.perf_counter() - start)
                if leased is None:
                    return
                taken.append(leased.entry.task_id)
                if len(taken) % CLOSE_EVERY == 0:
                    QueueEntry.objects.filter(lessee=actor.id, state="leased").update(state="done")
        finally:
            connection.close()

    return Pulls(len(actors)).run(pull_until_empty)


def check_rows(leases):
    """Every lease has its reasons, its entry and its event, or the figures mean nothing."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        counts = {}
        for table in ("audit_auditpending", "outbox_event"):
            cursor.execute(f"select count(*) from {table}")
            counts[table] = cursor.fetchone()[0]
    if counts["outbox_event"] != leases or counts["audit_auditpending"] < leases:
        sys.exit(f"rows are missing: {counts} for {leases} leases")


def freed(pullers):
    """Let a thousand leases run out, and give the seconds until they are free on the clock."""
    from datetime import timedelta

    from core.clock import now
    from workforce.tasks.leases import SWEEP_EVERY, sweep_expired
    from workforce.tasks.models import QueueEntry

    ids = list(QueueEntry.objects.filter(state="done").values_list("id", flat=True)[:1000])
    QueueEntry.objects.filter(id__in=ids).update(
        state="leased", lease_until=now() - timedelta(seconds=1)
    )
    start = time.perf_counter()
    sweep_expired()
    seconds = time.perf_counter() - start
    left = QueueEntry.objects.filter(state="leased", lease_until__lt=now()).count()
    return SWEEP_EVERY + seconds if not left else float("inf"), len(ids)


def measure(tasks, pullers):
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "core.web.settings"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", database="owner", verbosity=0)
    host = settings.DATABASES["owner"]
    dsn = f"host={host['HOST']} user={host['USER']} dbname={host['NAME']}"
    vendor, actors = furnish(tasks, pullers)
    before = bare(dsn, tasks, pullers)
    pulls = ours(vendor, actors)
    after = bare(dsn, tasks, pullers)
    check_rows(sum(map(len, pulls.taken)))
    seconds, expired = freed(pullers)
    raw = (before.rate + after.rate) / 2
    inputs = {
        "tasks": tasks,
        "pullers": pullers,
        "leases_per_second": {"bare": round(raw), "ours": round(pulls.rate)},
    }
    ideal = pullers / pulls.rate
    say("leases.double", pulls.doubles, "tasks that two people got", 0, pulls.doubles == 0, inputs)
    share = pulls.rate / raw
    say(
        "leases.rate",
        share,
        "a bare SKIP LOCKED loop of the same run",
        SHARE,
        share >= SHARE,
        inputs,
    )
    tail = pulls.p95 / ideal
    more = {**inputs, "p95_seconds": round(pulls.p95, 4)}
    say("leases.p95", tail, "pullers / throughput", TAIL, tail <= TAIL, more)
    spread = pulls.spread
    say("leases.spread", spread, "the fewest leases of a person", SPREAD, spread <= SPREAD, inputs)
    late = {"expired_at_once": expired, "seconds_on_the_clock": round(seconds, 2)}
    within = seconds / FREE_WITHIN
    say("leases.free", within, f"{FREE_WITHIN:.0f} s on the clock", 1.0, within <= 1, late)


def say(name, ratio, to, goal, met, inputs):  # noqa: PLR0917 - the keys of a line
    line = {"name": name, "ratio": round(ratio, 3), "to": to, "goal": goal, "met": met}
    versions = {package: version(package) for package in ("django", "psycopg")}
    print(json.dumps({**line, "inputs": inputs, "versions": versions}), flush=True)


def main():
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    pullers = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    with embedded():
        measure(tasks, pullers)


if __name__ == "__main__":
    main()
