"""Every page at 100 projects of 10,000 tasks, against an empty page that a signed-in person opens.

All million tasks are one client's, with the clips, label sets, queue, clocks, versions, invoices
and log entries that go with them (benchmarks/support/house.py). Each page of the URL conf is asked
for by each of the people whom the permission table lets in, of the five kinds of people, with real
ids in its address. It is served as `custos up` serves it. The empty page is the same person's
frame of an account with nothing in it; a ratio is of medians of the same run, the slowest first.

Usage: benchmarks/pages.py [PROJECTS] [TASKS A PROJECT] [ROUNDS]
"""

# ruff: noqa: PLC0415 - the settings read an environment that is made here

import os
import re
import statistics
import sys
import time

import httpx
import psycopg

from benchmarks.server import serve_custos
from benchmarks.support.embedded import embedded
from benchmarks.support.report import report

GOAL = 4.0
ROUNDS = 7
EMPTY = "/account/tokens"
#: A client's admin, a vendor's manager, an annotator, a reviewer, an auditor and an operator.
PEOPLE = ("clara", "nora", "anna", "rita", "arthur", "olga")
#: Beyond this a page is asked for no more often.
TOO_LONG = 5.0
PATIENCE = 120


def furnish(cluster, folder, size):
    """Make the house and multiply it; give its people and ids."""
    from django.core.management import call_command
    from django.db import connections

    from benchmarks.support.house import multiply
    from core.audit.sequencer import sequence_once
    from tests.browser.furnished import furnish as lived_in
    from tests.cast import make_cast

    call_command("migrate", database="owner", verbosity=0)
    cast = make_cast()
    house = lived_in(cast, folder)
    connections.close_all()
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        multiply(connection, cast, house, size)
    while sequence_once():
        pass
    # At rest: else the database cleans up after all that was loaded beside the first pages.
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")
    return cast, house


def addresses(ids):
    """Give (person, route, address) of every page that opens to the people."""
    from tests.architecture import permission_table as table

    base = "t/<slug:tenant>"
    rows = [(route, "harbour", methods) for route, methods in table.PAGES.items()]
    rows += [(route, "northlight", methods) for route, methods in table.VENDOR_PAGES.items()]
    # The table has these below a client; a vendor's are the same views.
    of_vendor = ("", "members", "organization")
    rows += [(f"{base}/{route}", "northlight", {"GET": {"nora"}}) for route in of_vendor]
    for route, tenant, methods in rows:
        for person in PEOPLE:
            if person in methods.get("GET", ()) and route not in OUTSIDE:
                address = fill(route, tenant, person, ids)
                if address is not None:
                    yield person, route, address


#: Not pages: pictures, probes, and links that come by mail.
OUTSIDE = {
    "healthz", "readyz", "metrics", "help/flows/<str:name>", "help/pictures/<str:name>",
    "notices/count", "notices/stop/<str:link>", "invitation/<str:link>",
}  # fmt: skip


def real_ids(connection, cast, house):
    """Give what fills the parts of addresses: of what was multiplied, where that has a page.

    A route's own part comes before the part of any route. None: nobody of ours may open it.
    """
    one = connection.execute
    clip = one("select id from bench_clip where share > 60 and share <= 75 limit 1").fetchone()[0]
    taken = one(
        "select id from bench_task where state = 'open' order by came desc, n limit 1"
    ).fetchone()[0]
    for task, person, work in (
        (taken, cast.anna, "annotate"),
        (house.submitted, cast.rita, "review"),
        (house.two_sided, cast.rita, "review"),
    ):
        one(
            "update tasks_queueentry set state = 'leased', lessee = %s, leased_at = now(), "
            "lease_until = now() + interval '6 hours', token = token + 1, excluded = '{}' "
            "where task_id = %s and work = %s",
            [person.id, task, work],
        )
    job = one("select id from outbox_job where state = 'dead' limit 1").fetchone()[0]
    base = "t/<slug:tenant>"
    return {
        "organization": cast.harbour.id,
        "job": job,
        "project": one("select id from bench_project where n = 1").fetchone()[0],
        "camera": one("select id from bench_camera where project = 1").fetchone()[0],
        "batch": one("select batch from bench_clip where id = %s", [clip]).fetchone()[0],
        "clip": clip,
        (f"{base}/clips/<uuid:clip>/seams", "clip"): house.seamed,
        (f"{base}/clips/<uuid:clip>/imports/<uuid:label_import>", "clip"): house.clip,
        "label_import": label_import(cast, house),
        "release": one(
            "select id from bench_release join delivery_release using (id) order by r desc limit 1"
        ).fetchone()[0],
        "invoice": one("select id from bench_invoice where m = 2").fetchone()[0],
        "note": house.note,
        "entry_id": one("select id from bench_entry limit 1").fetchone()[0],
        "gold": one("select id from bench_gold limit 1").fetchone()[0],
        "worker": house.worker,
        "roster": roster(cast),
        "statement": statement(cast),
        (f"{base}/tasks/<uuid:task>", "task"): {"anna": taken},
        (f"{base}/sent-back/<uuid:task>", "task"): {"anna": house.came_back},
        (f"{base}/review/<uuid:task>", "task"): {"rita": house.submitted},
        (f"{base}/adjudicate/<uuid:task>", "task"): {"rita": house.two_sided},
        "document": "clients",
        "tag": "intake",
    }


def label_import(cast, house):
    """A file of labels that was read, and waits to be taken over."""
    from core.access.actors import Actor
    from workforce.imports.services import Incoming, read_import

    file = Incoming("walkers.txt", b"1,1,10,20,40,90,1,1,1\n2,1,12,20,40,90,1,1,1\n")
    who = {"actor": Actor.person(cast.clara), "tenant": cast.harbour.id}
    return read_import(**who, clip_id=house.clip, file=file).id


def roster(cast):
    """A list of people that was read, and waits to be taken over."""
    from core.access.actors import Actor
    from workforce.people.imports import preview_roster

    content = b"email,skills\nnew@example.org,boxes\n"
    actor = Actor.person(cast.nora)
    return preview_roster(actor=actor, vendor=cast.northlight.id, content=content)[0].id


def statement(cast):
    """A statement over all that the vendor's people did."""
    from billing.rates.cards import WORK, publish_card
    from billing.statements.services import issue_statement
    from core.access.actors import Actor

    actor = Actor.person(cast.olga)
    publish_card(
        actor=actor, owner=cast.northlight.id, name=WORK, currency="EUR", rates={"object": "0.1"}
    )
    return issue_statement(actor=actor, vendor=cast.northlight).id


def fill(route, tenant, person, ids):
    """Give the address of a route for a person; None where they have nothing of the kind."""
    address = route.replace("<slug:tenant>", tenant)
    for part in re.findall(r"<\w+:(\w+)>", address):
        value = ids.get((route, part), ids.get(part))
        if isinstance(value, dict):
            value = value.get(person)
        if value is None:
            return None
        address = re.sub(rf"<\w+:{part}>", str(value), address)
    return f"/{address}"


class Visitor:
    """A signed-in person, and what pages cost them."""

    def __init__(self, url, person):
        from django.test import Client

        from tests.cast import sign_in

        client = Client()
        sign_in(client, person)
        jar = {key: morsel.value for key, morsel in client.cookies.items()}
        self.http = httpx.Client(base_url=url, cookies=jar, timeout=PATIENCE)

    def status(self, address):
        """Give the status of the answer: a wrong one is a quick one."""
        return self.http.get(address).status_code

    def seconds(self, address):
        """Ask once, and give how long the answer took."""
        start = time.perf_counter()
        self.http.get(address)
        return time.perf_counter() - start


def measure(visitor, pages, rounds):
    """Give the median seconds of the empty page and of each page, asked for in turns."""
    # Not counted: templates are read here, and plans are made. By a project's policy some pages are
    # not for this person (404).
    answers = {address: visitor.status(address) for address in [EMPTY, *pages]}
    wrong = {address: code for address, code in answers.items() if code not in {200, 302, 404}}
    if wrong:
        sys.exit(f"these pages did not open: {wrong}")
    closed = [address for address, code in answers.items() if code == 404]
    if closed:
        print(f"not for this person: {closed}", file=sys.stderr)
    found = {address: [] for address in answers if address not in closed}
    for _ in range(rounds):
        for address, seconds in found.items():
            if not seconds or address == EMPTY or statistics.median(seconds) < TOO_LONG:
                seconds.append(visitor.seconds(address))
    return {address: statistics.median(seconds) for address, seconds in found.items()}


def compare(url, cast, places, size, rounds):
    figures = []
    for name in PEOPLE:
        routes = {address: route for person, route, address in places if person == name}
        medians = measure(Visitor(url, getattr(cast, name)), list(routes), rounds)
        empty = medians.pop(EMPTY)
        figures += [
            (seconds / empty, name, routes.get(address, address), seconds, empty)
            for address, seconds in medians.items()
        ]
    for ratio, name, route, seconds, empty in sorted(figures, reverse=True):
        report(
            f"pages.{name}./{route}",
            ratio=ratio,
            to="an empty page of the same person and run",
            goal=GOAL,
            at_most=True,
            inputs={
                "projects": size.projects,
                "tasks": size.projects * size.tasks,
                "rounds": rounds,
                "ms": {"page": round(1000 * seconds, 1), "empty": round(1000 * empty, 1)},
            },
            packages=("django", "psycopg", "uvicorn"),
        )


def bench(cluster, folder, size, rounds):
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "core.web.settings"
    django.setup()
    from benchmarks.support.house import Size

    size = Size(*size)
    cast, house = furnish(cluster, folder, size)
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        ids = real_ids(connection, cast, house)
    served = serve_custos(1)
    try:
        compare(served.url, cast, list(addresses(ids)), size, rounds)
    finally:
        served.stop()


def main():
    projects, tasks, rounds = (
        int(given) if given else usual
        for given, usual in zip([*sys.argv[1:], 0, 0, 0], (100, 10_000, ROUNDS), strict=False)
    )
    with embedded(broker=True) as (folder, cluster):
        bench(cluster, folder, (projects, tasks), rounds)


if __name__ == "__main__":
    main()
