"""Vendors' statements: accepted work, metered once a task, settled once, seen by the vendor."""

from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import DatabaseError, transaction

from billing.statements.models import Settled, Statement, WorkReading
from core.access.actors import Actor
from core.access.models import Engagement
from core.outbox.events import emit
from core.outbox.models import Event
from core.tenancy.scope import scope
from tenants.organizations.memberships import end_engagement
from tests import dock
from tests.cast import call

PLACE = "/api/v1/t/northlight/statements"
PRICES = {"frame": "0.01", "object": "0.10"}


@pytest.fixture
def worked(cast, run_jobs):
    """Anna labelled a clip of two tasks, 50 frames and one object each; both are accepted."""
    dock.sign(cast)
    return dock.finished(cast, run_jobs)


def agree(olga, **rates):
    body = {"currency": "EUR", "rates": rates or PRICES, "vendor": "northlight"}
    assert olga.post("/api/v1/operator/rate-cards", body, format="json").status_code == 201


def test_accepted_work_is_settled_once_at_the_vendor_s_prices(cast, olga, nora, worked):
    assert olga.post(PLACE).status_code == 409, "no prices yet"
    agree(olga)
    issued = olga.post(PLACE)
    assert issued.status_code == 201, issued.content
    statement = issued.json()
    assert statement["lines"] == [
        {
            "client": "harbour", "client_name": "harbour", "unit": "frame", "tasks": 2,
            "quantity": "100", "amount": "1.0000",
        },
        {
            "client": "harbour", "client_name": "harbour", "unit": "object", "tasks": 2,
            "quantity": "2", "amount": "0.2000",
        },
    ]  # fmt: skip
    assert Decimal(statement["total"]) == Decimal(statement["recomputed"]) == Decimal("1.20")
    assert nora.get(f"{PLACE}/{statement['id']}").json()["number"] == "northlight-S0001"
    assert len(nora.get(PLACE).json()["results"]) == 1
    assert olga.post(PLACE).status_code == 409, "nothing since"


def test_a_statement_at_prices_in_tiers_is_recomputed_reading_by_reading(cast, olga, worked):
    """Of a hundred frames the last thirty cost twice as much; the second task reaches into both."""
    dear = [{"above": "0", "price": "0.01"}, {"above": "70", "price": "0.02"}]
    cheap = [{"above": "0", "price": "0.10"}, {"above": "1", "price": "0.045"}]
    agree(olga, frame=dear, object=cheap)
    statement = olga.post(PLACE).json()
    assert [line["amount"] for line in statement["lines"]] == ["1.3000", "0.1400"]
    assert Decimal(statement["total"]) == Decimal(statement["recomputed"]) == Decimal("1.44")
    with scope(cast.northlight.id), transaction.atomic():
        WorkReading.objects.create(
            tenant=cast.northlight, source="task/late", client="harbour", unit="frame", quantity=1
        )
    assert b"the same total" in olga.get(f"/t/northlight/statements/{statement['id']}").content


def test_a_task_that_is_told_of_twice_is_metered_once(cast, worked, run_jobs):
    with scope(cast.northlight.id):
        before = WorkReading.objects.count()
    for event in Event.objects.filter(topic="task.accepted"):
        emit(event.topic, tenant=event.tenant_id, data=event.data)
    run_jobs()
    with scope(cast.northlight.id):
        assert WorkReading.objects.count() == before == 6
        assert "frame" in " ".join(map(str, WorkReading.objects.all()))


def test_a_unit_without_a_price_waits_until_it_has_one(olga, worked):
    agree(olga, frame="0.01")
    assert len(olga.post(PLACE).json()["lines"]) == 1
    agree(olga)
    assert [line["unit"] for line in olga.post(PLACE).json()["lines"]] == ["object"]


def test_a_statement_is_never_changed(cast, olga, worked):
    agree(olga)
    olga.post(PLACE)
    with scope(cast.northlight.id):
        for model in (Statement, Settled, WorkReading):
            row = model.objects.first()
            assert str(row)
            with pytest.raises(DatabaseError), transaction.atomic():
                row.save()


def test_the_vendor_reads_its_statements_and_the_operator_issues_them(olga, nora, worked):
    page = "/t/northlight/statements"
    assert b"No statement yet" in nora.get(page).content
    assert nora.post(page).status_code == 403
    agree(olga)
    assert b"Issue the next" in olga.get(page).content
    issued = olga.post(page)
    assert issued.status_code == 302
    shown = nora.get(issued["Location"]).content
    assert b"the same total" in shown
    assert b"harbour" in shown


def test_a_statement_calls_clients_by_name_also_when_their_engagement_has_ended(
    cast, olga, nora, worked
):
    call(cast.harbour, "Port of Antwerp")
    agree(olga)
    statement = olga.post(PLACE).json()["id"]
    cache.clear()
    engagement = Engagement.objects.get(client=cast.harbour)
    end_engagement(actor=Actor.person(cast.olga), engagement=engagement)
    cache.clear()

    lines = nora.get(f"{PLACE}/{statement}").json()["lines"]
    assert {line["client_name"] for line in lines} == {"Port of Antwerp"}
    [listed] = nora.get(PLACE).json()["results"]
    assert listed["lines"] == lines
    page = nora.get(f"/t/northlight/statements/{statement}").content
    assert b"Port of Antwerp" in page
    assert b"harbour" not in page


def test_a_client_has_no_statements(olga, worked):
    assert olga.post("/api/v1/t/harbour/statements").status_code == 404
    assert olga.post("/t/harbour/statements").status_code == 404


def test_clients_do_not_see_what_a_vendor_is_paid(cast, api, olga, worked):
    agree(olga)
    statement = olga.post(PLACE).json()["id"]
    for person in (cast.clara, cast.mila):
        assert api(person).get(f"{PLACE}/{statement}").status_code == 404
    assert api(cast.anna).get(PLACE).status_code == 403
