"""Each page asks the database as often however much there is: tests/api/web/query_table.py.

The furnished house is asked for every page by each kind of person, then multiplied as for the
benchmark of the pages, and asked again: at the same addresses, and at those of what is new.
"""

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection, connections, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.pages import PEOPLE, addresses, label_import, real_ids, roster, statement
from benchmarks.support.house import Size, multiply
from billing.statements.models import WorkReading
from core.audit.sequencer import sequence_once
from core.outbox.models import Job
from core.tenancy.scope import scope
from tenants.intake.models import Clip
from tests.api.labels.floor import lease
from tests.api.web.query_table import QUERIES, RISING, SHOWN_FIRST
from tests.cast import sign_in

#: Two projects of ten clips each, with 400 tasks; and sixty annotators with their past.
SIZE = Size(2, 400)
SESSIONS = 10
T = "t/<slug:tenant>"


def own_ids(cast, house):
    """What fills the parts of addresses in a house that was not multiplied."""
    lease(cast.rita, house.submitted, work="review")
    lease(cast.rita, house.two_sided, work="review")
    with scope(cast.harbour.id):
        clip = Clip.objects.get(id=house.clip)
    with scope(cast.northlight.id):
        WorkReading.objects.create(
            tenant=cast.northlight, source="task/1", client="harbour", unit="object", quantity=3
        )
    return {
        "organization": cast.harbour.id,
        "job": Job.objects.filter(state="dead").latest("created_at").id,
        "project": house.project,
        "camera": clip.camera_id,
        "batch": house.batch,
        "clip": house.clip,
        (f"{T}/clips/<uuid:clip>/seams", "clip"): house.seamed,
        "label_import": label_import(cast, house),
        "release": house.accepted_release,
        "invoice": house.invoice,
        "note": house.note,
        "entry_id": house.entry,
        "gold": house.gold,
        "worker": house.worker,
        "roster": roster(cast),
        "statement": statement(cast),
        (f"{T}/sent-back/<uuid:task>", "task"): {"anna": house.came_back},
        (f"{T}/review/<uuid:task>", "task"): {"rita": house.submitted},
        (f"{T}/adjudicate/<uuid:task>", "task"): {"rita": house.two_sided},
        "document": "clients",
        "tag": "intake",
    }


def ask(client, address):
    """Open a page; give its status and how many queries it took."""
    reset_queries()
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    return answer.status_code, len(asked)


def counted(clients, places):
    """Give the queries of each page that opens, by (route, person); its first visit is not counted.

    What a process reads once, and what is kept for some minutes, was read then.
    """
    found = {}
    for person, route, address in places:
        status, _ = ask(clients[person], address)
        if status == 200:
            status, found[route, person] = ask(clients[person], address)
            assert status == 200, address
    return found


def risen(clients, places, before):
    """Give a line for each page that asks more often than before, and than is allowed."""
    wrong = []
    for person, route, address in places:
        most = before.get((route, person))
        if most is None or route in RISING:
            continue
        most += SHOWN_FIRST.get(route, (0, ""))[0]
        status, number = ask(clients[person], address)
        if status == 200 and number > most:
            status, number = ask(clients[person], address)
        if status == 200 and number > most:
            wrong.append(f"/{route} for {person}: {most} queries, then {number}")
    return wrong


@pytest.fixture
def clients(furnished):
    """A signed-in client for each kind of person."""
    made = {name: Client() for name in PEOPLE}
    for name, client in made.items():
        sign_in(client, getattr(furnished.cast, name))
    return made


def test_no_page_asks_more_often_where_there_is_more(furnished, cluster, clients):
    cast, house = furnished.cast, furnished.house
    ids = own_ids(cast, house)
    cache.clear()
    places = list(addresses(ids))
    small = counted(clients, places)
    assert small == pinned(), difference(small, pinned())
    for name in PEOPLE:
        for _ in range(SESSIONS):
            sign_in(Client(), getattr(cast, name))
    connections.close_all()
    database = connection.settings_dict["NAME"]
    with psycopg.connect(cluster.dsn("postgres", database), autocommit=True) as owner:
        multiply(owner, cast, house, SIZE)
        while sequence_once():
            pass
        assert risen(clients, places, small) == []
        new = list(addresses(ids | real_ids(owner, cast, house)))
        assert risen(clients, [one for one in new if one not in places], small) == []


def pinned():
    return {
        (route, person): number
        for route, by_person in QUERIES.items()
        for person, number in by_person.items()
    }


def difference(found, table):
    """Say which numbers are others, page by page."""
    keys = [key for key in {**table, **found} if found.get(key) != table.get(key)]
    return "\n".join(
        f"/{route} for {person}: {found.get((route, person))} queries, and the table says "
        f"{table.get((route, person))}"
        for route, person in keys
    )
