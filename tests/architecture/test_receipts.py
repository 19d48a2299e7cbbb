"""Every route that reads, with real objects and somebody who may: a receipt, or a stated reason."""

import json
import re
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.test import Client

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.errors import Unavailable
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from tests.api.labels.floor import lease
from tests.architecture.receipt_exemptions import EXEMPT, MOUNTS
from tests.architecture.test_permissions import rows_of_the_table
from tests.cast import sign_in

#: Who is asked first: whoever of them is let in and sees an object.
READERS = ["clara", "anna", "amir", "rita", "nora", "arthur", "olga"]


@pytest.fixture
def committed_cast(furnished):
    """Who lives in the furnished house."""
    return furnished.cast


@pytest.fixture
def house(committed_cast, furnished):
    """One object for each name in a route; `submitted` is Rita's to review, `in_hand` is Amir's."""
    from core.audit.sequencer import sequence_once
    from tenants.intake.erasure import erase_clip
    from tenants.intake.models import Clip
    from tenants.projects.guidelines import add_picture

    made = furnished.house
    lease(committed_cast.rita, made.submitted, work="review")
    lease(committed_cast.rita, made.two_sided, work="review")
    with scope(committed_cast.harbour.id):
        project = Clip.objects.get(id=made.clip).project_id
    picture = add_picture(
        actor=Actor.person(committed_cast.clara), tenant=committed_cast.harbour.id,
        project_id=project, label="", caption="A box that fits", data=b"\x89PNG\r\n\x1a\n",
    ).id  # fmt: skip
    erase_clip(
        actor=Actor.person(committed_cast.clara), tenant=committed_cast.harbour.id,
        clip_id=made.refused, reason="client_request",
    )  # fmt: skip
    while sequence_once():
        pass
    return SimpleNamespace(
        clip=made.clip, erased=made.refused, task=made.in_hand, review=made.submitted,
        came_back=made.came_back, two_sided=made.two_sided, release=made.accepted_release,
        invoice=made.invoice, worker=made.worker, entry=made.entry, project=project,
        gold=made.gold, batch=made.batch, picture=picture,
    )  # fmt: skip


@pytest.fixture
def clients(committed_cast):
    """Clients that are signed in before anything is counted: signing in is an entry too."""
    made = {}
    for name in READERS:
        made[name] = Client(raise_request_exception=False)
        sign_in(made[name], getattr(committed_cast, name))
    return made


def reads():
    """Every route that answers GET: route, organization, who may."""
    found = [
        (route, tenant, allowed)
        for route, method, tenant, allowed in rows_of_the_table()
        if method == "GET"
    ]
    assert found
    return found


def path_of(route, tenant, house):
    def value(match):
        kind, name = match[1], match[2]
        fixed = {"slug": tenant, "int": "0", "str": "wrong"}
        fixed["path"] = "000.p/1" if "entries" in route else "0/000.p/1"
        if kind in fixed:
            return fixed[kind]
        if "/certificate" in route and name == "clip":
            return str(house.erased)
        if name == "task" and "/review/" in route:
            return str(house.review)
        if name == "task" and ("/adjudicate/" in route or route.endswith("/consensus")):
            return str(house.two_sided)
        if name == "task" and "/sent-back/" in route:
            return str(house.came_back)
        # What has a reason for no receipt need not be in the house.
        return str(getattr(house, name.removesuffix("_id"), None) or uuid4())

    return "/" + re.sub(r"<(\w+):(\w+)>", value, route) + QUERIES.get(route, "")


QUERIES = {"api/v1/t/<slug:tenant>/log/consistency": "?old={first}&new={last}"}


def entries_of(tenant):
    with scope(tenant):
        rows = AuditEntry.objects.order_by("time", "id").values_list("id", "actor_id", "body")
        return {row[0]: (row[1], json.loads(bytes(row[2]))) for row in rows}


def asked(clients, cast, route, tenant, allowed, path):
    """Ask as each who may until somebody sees something; give (who, status, new entries)."""
    organization = Organization.objects.get(slug=tenant).id
    for name in [name for name in READERS if name in allowed]:
        before = entries_of(organization)
        answer = clients[name].get(path)
        answer.close()
        if answer.status_code < 400:
            fresh = {k: v for k, v in entries_of(organization).items() if k not in before}
            return name, answer.status_code, list(fresh.values())
    return None, None, []


def checkpoint_sizes(tenant):
    from core.audit.models import Checkpoint

    with scope(tenant):
        return list(Checkpoint.objects.order_by("size").values_list("size", flat=True))


def test_every_read_leaves_a_receipt_or_has_a_stated_reason(
    committed_cast, house, clients, monkeypatch
):
    cast, wrong, receipted = committed_cast, [], []
    sizes = checkpoint_sizes(cast.harbour.id)
    for route, tenant, allowed in reads():
        path = path_of(route, tenant, house).format(first=sizes[0], last=sizes[-1])
        name, _, fresh = asked(clients, cast, route, tenant, allowed, path)
        if name is None and route in EXEMPT:
            continue
        if name is None:
            wrong.append(f"{path}: nobody of {sorted(allowed)} gets to see it here")
            continue
        person = getattr(cast, name).id
        mine = [body for actor, body in fresh if actor == person]
        if route in EXEMPT and mine:
            wrong.append(f"{path}: has a reason for no receipt, and leaves one")
        if route not in EXEMPT and not mine:
            wrong.append(f"{path}: {name} read it, and the log does not know")
        wrong += [
            f"{path}: its receipt {body['action']} does not say what for"
            for body in mine
            if not body["details"].get("purpose")
        ]
        if mine:
            receipted.append((path, name))
    listed = {route for route, _, _ in reads()}
    wrong += [f"{route}: an exemption without a route" for route in EXEMPT.keys() - listed]
    assert wrong == [], "\n".join(wrong)

    # What can't be logged is not served: the receipt is committed before the first byte.
    def fails(**_):
        raise Unavailable("The log can't be written.")

    monkeypatch.setattr("core.audit.receipts.record", fails)
    served = [path for path, name in receipted if clients[name].get(path).status_code < 500]
    assert served == []
    assert len(receipted) > 10


def test_what_is_mounted_beside_django_is_listed_too():
    assert {pattern for pattern, _ in django_settings.ASGI_MOUNTS} == set(MOUNTS)
