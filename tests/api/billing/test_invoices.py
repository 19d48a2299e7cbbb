"""Accepted units are metered once, and invoices can be recomputed line by line."""

import threading
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from billing.gateway.protocol import Receipt
from billing.invoicing import jobs
from billing.invoicing.models import Charged, Collection, Invoice, Line, Payment
from billing.invoicing.payments import collect, note_payment
from billing.metering.models import Reading
from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.clock import frozen, now
from core.errors import Conflict, NotFound, Unavailable
from core.outbox.events import emit
from core.outbox.jobs import run
from core.outbox.models import Event, Job
from core.outbox.sweeper import sweep
from core.tenancy.scope import scope
from tenants.contracts.models import Contract
from tests import dock
from tests.deadline import eventually

PLACE = "/api/v1/t/harbour/invoices"


@pytest.fixture
def accepted(cast, clara, run_jobs):
    """Deliver a clip of Harbour and accept it; what was late, is late by 29 hours."""

    def make(*, late=False, clip=None, **terms):
        if clip is None:
            dock.sign(cast, **({"sla": {"turnaround_hours": 1}} if late else {}), **terms)
            received = now() - timedelta(hours=30) if late else None
            clip = dock.finished(cast, run_jobs, received=received)
        release = dock.release_of(clara, clip, run_jobs)
        decided = clara.post(f"/api/v1/t/harbour/releases/{release['id']}/accept")
        assert decided.status_code == 200, decided.content
        run_jobs()
        return clip, release

    return make


def readings(cast):
    with scope(cast.harbour.id):
        return {row.unit: row.quantity for row in Reading.objects.all()}


def test_an_invoice_keeps_the_address_that_it_was_issued_to(cast, olga, clara, accepted):
    accepted()
    details = {"name": "Port", "address": "Old Quay 1", "tax_number": "", "time_zone": "UTC"}
    at = "/api/v1/t/harbour/details"
    assert clara.put(at, details, format="json").status_code == 200
    invoice = f"{PLACE}/{olga.post(PLACE).json()['id']}/pdf"
    before = clara.get(invoice).content
    assert b"Old Quay 1" in before

    moved = {**details, "address": "New Quay 2"}
    assert clara.put(at, moved, format="json").status_code == 200
    assert clara.get(invoice).content == before


def test_what_was_accepted_is_charged_once_at_the_contract_s_rates(cast, olga, clara, accepted):
    clip, release = accepted()
    units = readings(cast)
    assert units["frame"] == 100

    issued = olga.post(PLACE)

    assert issued.status_code == 201, issued.content
    invoice = issued.json()
    by_unit = {line["unit"]: line for line in invoice["lines"]}
    assert set(by_unit) == {"keyframe", "object"}, "frames and hours have no rate here"
    expected = units["object"] * Decimal("0.40") + units["keyframe"] * Decimal("0.02")
    assert Decimal(invoice["total"]) == Decimal(invoice["recomputed"]) == expected
    assert sum(Decimal(line["amount"]) for line in invoice["lines"]) == expected
    assert by_unit["object"]["clip"] == str(clip.id)
    assert by_unit["object"]["release"] == release["id"]
    assert invoice["number"] == f"harbour-{now().year}-0001"

    again = olga.post(PLACE)
    assert again.status_code == 409
    assert "nothing to charge" in again.json()["detail"]
    assert [row["id"] for row in clara.get(PLACE).json()["results"]] == [invoice["id"]]
    assert clara.get(f"{PLACE}/{invoice['id']}").json() == invoice | {
        "issued_at": clara.get(f"{PLACE}/{invoice['id']}").json()["issued_at"]
    }


def test_a_release_is_metered_once_however_often_it_is_told(cast, accepted, run_jobs):
    _, release = accepted()
    before = readings(cast)
    emit("release.accepted", tenant=cast.harbour.id, data={"release": release["id"]})
    run_jobs()
    assert readings(cast) == before
    assert Event.objects.filter(topic="release.metered").count() == 2


def test_a_clip_in_a_second_version_is_not_charged_again(cast, olga, clara, accepted):
    clip, _ = accepted()
    assert olga.post(PLACE).status_code == 201
    accepted(clip=clip)
    assert olga.post(PLACE).status_code == 409


def test_lateness_is_credited_as_the_contract_says(cast, olga, accepted):
    accepted(late=True)
    invoice = olga.post(PLACE).json()
    kinds = [line["kind"] for line in invoice["lines"]]
    assert kinds.count("usage") == kinds.count("credit") == 2
    for usage, credit in zip(invoice["lines"][:2], invoice["lines"][2:], strict=True):
        assert credit["price"] == "20"
        charged, back = Decimal(usage["amount"]), Decimal(credit["amount"])
        assert back == -(charged * 20 / 100).quantize(Decimal("0.01"))
    assert Decimal(invoice["total"]) == Decimal(invoice["recomputed"])


def test_numbers_count_within_the_client(cast, olga, accepted):
    accepted()
    olga.post(PLACE)
    accepted()
    assert olga.post(PLACE).json()["number"].endswith("-0002")
    with scope(cast.harbour.id):
        assert [i.sequence for i in Invoice.objects.all()] == [2, 1]


def test_nothing_is_issued_without_a_contract(olga):
    refused = olga.post(PLACE)
    assert refused.status_code == 409
    assert "signed contract" in refused.json()["detail"]


def test_the_pages_say_where_they_are_why_not_and_keep_what_was_typed(cast, olga, accepted):
    page = "/t/harbour/invoices"
    assert b"signed contract" in olga.post(page, follow=True).content
    accepted()
    invoice = olga.post(PLACE).json()["id"]
    shown = olga.post(page, follow=True)
    assert shown.status_code == 200
    assert b"There is nothing to charge" in shown.content
    for typed, words in (("twelve", b"is no amount"), ("-1", b"is a positive amount")):
        form = {"act": "payment", "reference": "Bank 7/2026", "amount": typed}
        refused = olga.post(f"{page}/{invoice}", form)
        assert refused.status_code == 400
        assert words in refused.content
        assert b'value="Bank 7/2026"' in refused.content
        assert f'value="{typed}"'.encode() in refused.content


def test_another_client_s_invoice_is_not_there(cast, api, olga, accepted):
    accepted()
    invoice = olga.post(PLACE).json()["id"]
    mila = api(cast.mila)
    for place in (f"/api/v1/t/museum/invoices/{invoice}", f"/t/museum/invoices/{invoice}"):
        assert mila.get(place).status_code == 404
    assert mila.get("/api/v1/t/museum/invoices").json() == {"results": [], "next": None}
    assert mila.get(f"{PLACE}/{invoice}").status_code == 404


@pytest.mark.parametrize("model", [Reading, Invoice, Line, Charged])
def test_what_was_issued_is_never_changed(cast, olga, accepted, model):
    accepted()
    olga.post(PLACE)
    with scope(cast.harbour.id):
        row = model.objects.first()
        assert str(row)
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.filter(id=row.id).delete()
        with pytest.raises(DatabaseError), transaction.atomic():
            row.save()


def test_without_a_gateway_an_invoice_stands_open(cast, olga, clara, accepted, run_jobs):
    accepted()
    invoice = olga.post(PLACE).json()
    run_jobs()
    with scope(cast.harbour.id):
        kept = Collection.objects.get()
    assert (kept.gateway, str(kept), kept.paid) == ("none", invoice["number"], False)
    assert clara.get(f"{PLACE}/{invoice['id']}").json()["state"] == "open"


class PayingGateway:
    """A gateway at the edge of the machine that takes the money and counts how often."""

    name = "paying"

    def __init__(self, error=None):
        self.charges, self.error = [], error

    def collect(self, charge):
        if self.error:
            raise self.error
        self.charges.append(charge)
        return Receipt("ref-1", paid=True)


def test_money_is_asked_for_once_and_a_paid_invoice_says_so(cast, olga, clara, accepted):
    accepted()
    invoice = olga.post(PLACE).json()
    paying, asked = PayingGateway(), {"tenant": cast.harbour.id, "invoice_id": invoice["id"]}

    first = collect(**asked, gateway=paying)
    second = collect(**asked, gateway=paying)

    assert first == second
    (charge,) = paying.charges
    assert (str(charge.amount), charge.currency) == (invoice["total"], "EUR")
    assert charge.number == invoice["number"]
    assert clara.get(f"{PLACE}/{invoice['id']}").json()["state"] == "paid"
    for page in ("/t/harbour/invoices", f"/t/harbour/invoices/{invoice['id']}"):
        assert invoice["number"].encode() in clara.get(page).content


def test_a_worker_that_was_taken_for_dead_keeps_no_second_answer(
    cast, olga, clara, accepted, monkeypatch
):
    """It waits for the gateway; meanwhile another one is given the job and ends it."""
    accepted()
    invoice = olga.post(PLACE).json()
    row = Job.objects.get(kind="invoicing.collect")
    second = PayingGateway()

    class Waiting(PayingGateway):
        def collect(self, charge):
            with frozen(now() + timedelta(minutes=5)):
                sweep()
                monkeypatch.setattr(jobs, "gateway", lambda: second)
                assert run(row.id, beat=False)
            return super().collect(charge)

    first = Waiting()
    monkeypatch.setattr(jobs, "gateway", lambda: first)
    run(row.id, beat=False)

    assert (len(first.charges), len(second.charges)) == (1, 1)
    with scope(cast.harbour.id):
        assert (Collection.objects.count(), Payment.objects.count()) == (1, 1)
        assert AuditEntry.objects.filter(action="invoice.collected").count() == 1
    row.refresh_from_db()
    assert (row.state, row.token) == ("done", 2)
    assert clara.get(f"{PLACE}/{invoice['id']}").json()["state"] == "paid"


def test_the_database_keeps_one_answer_an_invoice(cast, olga, accepted, run_jobs):
    accepted()
    olga.post(PLACE)
    run_jobs()
    with scope(cast.harbour.id):
        kept = Collection.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            Collection.objects.create(
                tenant_id=cast.harbour.id, invoice=kept.invoice, gateway="x", reference="y",
                paid=False,
            )  # fmt: skip


def test_a_payment_that_cannot_be_noted_leaves_no_answer_that_says_it_was(cast, olga, accepted):
    accepted()
    invoice = olga.post(PLACE).json()["id"]
    asked = {"tenant": cast.harbour.id, "invoice_id": invoice}
    note_payment(
        **asked, actor=Actor.person(cast.olga), kind="payment", gateway="paying",
        reference="ref-1", amount=Decimal(1),
    )  # fmt: skip
    with pytest.raises(Conflict, match="known already"):
        collect(**asked, gateway=PayingGateway())
    with scope(cast.harbour.id):
        assert not Collection.objects.exists()


def test_a_gateway_that_is_down_writes_nothing_and_is_asked_again(cast, olga, accepted, run_jobs):
    accepted()
    invoice = olga.post(PLACE).json()
    down = PayingGateway(Unavailable("Stripe can't be reached; the invoice is sent again later."))
    asked = {"tenant": cast.harbour.id, "invoice_id": invoice["id"]}
    with pytest.raises(Unavailable):
        collect(**asked, gateway=down)
    with scope(cast.harbour.id):
        assert not Collection.objects.exists()
    assert Job.objects.filter(kind="invoicing.collect", state="open").count() == 1
    run_jobs()
    with scope(cast.harbour.id):
        assert Collection.objects.count() == 1


def test_an_invoice_of_another_client_cannot_be_collected(cast, olga, accepted):
    accepted()
    invoice = olga.post(PLACE).json()["id"]
    for tenant, wanted in ((cast.museum, invoice), (cast.harbour, uuid4())):
        with pytest.raises(NotFound):
            collect(tenant=tenant.id, invoice_id=wanted, gateway=PayingGateway())


def test_two_operators_at_once_charge_once(committed_cast, api, run_jobs):
    cast = committed_cast
    dock.sign(cast)
    release = dock.release_of(api(cast.clara), dock.finished(cast, run_jobs), run_jobs)
    api(cast.clara).post(f"/api/v1/t/harbour/releases/{release['id']}/accept")
    run_jobs()
    clients, answers = [api(cast.olga) for _ in range(2)], []

    def issue(client):
        answers.append(client.post(PLACE).status_code)
        connection.close()

    def both_wait() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("select count(distinct pid) from pg_locks where not granted")
            return cursor.fetchone() == (2,)

    threads = [threading.Thread(target=issue, args=(client,)) for client in clients]
    with scope(cast.harbour.id):
        # Both have begun and can't go on before this transaction ends.
        list(Contract.objects.select_for_update())
        for thread in threads:
            thread.start()
        eventually(both_wait, what="the meeting of both operators", seconds=20)
    for thread in threads:
        thread.join()

    assert sorted(answers) == [201, 409]
    with scope(cast.harbour.id):
        assert Invoice.objects.count() == 1


def test_a_long_invoice_shows_its_lines_page_by_page(olga, clara, accepted, monkeypatch):
    accepted()
    monkeypatch.setattr("billing.invoicing.pages.LINES", 1)
    invoice = olga.post("/api/v1/t/harbour/invoices").json()
    place, many = f"/t/harbour/invoices/{invoice['id']}", len(invoice["lines"])
    assert many > 1
    first = clara.get(place).content.decode()
    assert f"1–1 of {many} lines" in first
    assert "every line and the total are the same" in first, "all of them were recomputed"
    last = clara.get(f"{place}?page={many}").content.decode()
    assert f"{many}–{many} of {many} lines" in last
