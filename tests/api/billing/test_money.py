"""Credit notes, payments and refunds: beside the invoice, each once, never beyond it."""

import re
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from billing.invoicing.models import CreditLine, CreditNote, Payment
from billing.metering.models import Reading
from core.audit.models import AuditEntry
from core.clock import frozen, now
from core.tenancy.scope import scope
from tests import dock
from tests.api.labels.floor import make_clip
from workforce.delivery.models import Dispute, Release

PLACE = "/api/v1/t/harbour/invoices"


@pytest.fixture
def invoice(cast, olga):
    """100 objects at 0.40 and 500 keyframes at 0.02, with 21 % tax: 50.00 and 10.50."""
    return issue(cast, olga)


def issue(cast, olga, **terms):
    dock.sign(cast, **({"invoicing": {"tax_percent": "21"}} | terms))
    clip = make_clip(cast)
    with scope(cast.harbour.id):
        release = Release.objects.create(
            tenant=cast.harbour, project=clip.project, number=1, formats=["mot"],
            clips=[str(clip.id)], state="accepted",
        )  # fmt: skip
        for unit, quantity in (("keyframe", 500), ("object", 100)):
            Reading.objects.create(
                tenant=cast.harbour, release=release, clip=clip, unit=unit, quantity=quantity,
                source=f"clip/{clip.id}/{unit}",
            )  # fmt: skip
    issued = olga.post(PLACE)
    assert issued.status_code == 201, issued.content
    return issued.json()


def credit(client, invoice, *amounts, reason="The van was wrong."):
    lines = [
        {"line": line["id"], "amount": money}
        for line, money in zip(invoice["lines"], amounts, strict=False)
        if money
    ]
    place = f"{PLACE}/{invoice['id']}/credit-notes"
    return client.post(place, {"reason": reason, "lines": lines}, format="json")


def pay(client, invoice, money, reference="BANK-1", **more):
    body = {"amount": money, "reference": reference, **more}
    return client.post(f"{PLACE}/{invoice['id']}/payments", body, format="json")


def read(client, invoice):
    return client.get(f"{PLACE}/{invoice['id']}").json()


def test_tax_is_on_the_sum_and_the_invoice_recomputes_line_by_line(invoice):
    assert [line["amount"] for line in invoice["lines"]] == ["10.0000", "40.0000"]
    assert Decimal(invoice["net"]) == 50
    assert (Decimal(invoice["tax"]), Decimal(invoice["total"])) == (
        Decimal("10.50"),
        Decimal("60.50"),
    )
    assert invoice["agrees"]
    assert (invoice["state"], Decimal(invoice["open"])) == ("open", Decimal("60.50"))


def test_a_credit_note_gives_back_and_leaves_the_invoice_as_it_is(cast, olga, clara, invoice):
    note = credit(olga, invoice, None, "4.00")
    assert note.status_code == 201, note.content
    told = note.json()
    assert told["number"] == f"harbour-{now().year}-C0001"
    assert [Decimal(told[k]) for k in ("net", "tax", "total")] == [
        Decimal("4.00"), Decimal("0.84"), Decimal("4.84"),
    ]  # fmt: skip
    after = read(clara, invoice)
    assert Decimal(after["total"]) == Decimal("60.50")
    assert Decimal(after["open"]) == Decimal("55.66")
    assert clara.get(f"{PLACE}/{invoice['id']}/credit-notes").json()["results"] == [
        told | {"issued_at": after["credit_notes"][0]["issued_at"]}
    ]
    with scope(cast.harbour.id):
        assert AuditEntry.objects.filter(action="credit_note.issued").count() == 1


def test_no_line_and_no_tax_is_given_back_beyond_what_was_charged(olga, invoice):
    """In odd parts, so that rounding each part's tax by itself would not add up."""
    assert credit(olga, invoice, None, "40.01").status_code == 409
    for money in ("13.33", "13.33", "13.34"):
        assert credit(olga, invoice, None, money).status_code == 201
    assert credit(olga, invoice, None, "0.01").status_code == 409
    assert credit(olga, invoice, "10.00").status_code == 201
    after = read(olga, invoice)
    assert (after["state"], Decimal(after["open"])) == ("credited", 0)
    assert sum(Decimal(note["tax"]) for note in after["credit_notes"]) == Decimal("10.50")


def test_a_credit_is_not_given_twice_on_what_the_sla_credited(cast, olga):
    dock.sign(cast)
    clip = make_clip(cast)
    with scope(cast.harbour.id):
        release = Release.objects.create(
            tenant=cast.harbour, project=clip.project, number=1, formats=["mot"],
            clips=[str(clip.id)], state="accepted",
        )  # fmt: skip
        Reading.objects.create(
            tenant=cast.harbour, release=release, clip=clip, unit="object", quantity=100,
            source="x", credit_percent=50,
        )  # fmt: skip
    late = olga.post(PLACE).json()
    assert Decimal(late["net"]) == 20
    assert credit(olga, late, "20.01").status_code == 409
    assert credit(olga, late, "20.00").status_code == 201


@pytest.mark.parametrize("money", ["0", "-1", "0.001", "NaN", "ten"])
def test_a_credit_is_a_sum_of_coins(olga, invoice, money):
    assert credit(olga, invoice, money).status_code == 400


def test_a_credit_note_has_lines_of_this_invoice_and_a_reason(cast, olga, invoice):
    assert credit(olga, invoice, reason="x").status_code == 400
    assert credit(olga, invoice, "1.00", reason=" ").status_code == 400
    place = f"{PLACE}/{invoice['id']}/credit-notes"
    stray = {"reason": "x", "lines": [{"line": str(uuid4()), "amount": "1.00"}]}
    assert olga.post(place, stray, format="json").status_code == 400
    with scope(cast.harbour.id):
        assert not CreditNote.objects.exists()


def test_a_bank_payment_is_noted_once_and_pays_the_invoice(cast, olga, clara, invoice):
    assert pay(olga, invoice, "20.00").status_code == 201
    assert read(clara, invoice)["state"] == "partly_paid"
    assert pay(olga, invoice, "20.00").status_code == 201, "the same told again"
    assert pay(olga, invoice, "21.00").status_code == 409, "the same reference, another amount"
    assert pay(olga, invoice, "40.50", "BANK-2").status_code == 201
    after = read(clara, invoice)
    assert (after["state"], Decimal(after["open"])) == ("paid", 0)
    assert [p["reference"] for p in after["payments"]] == ["BANK-1", "BANK-2"]
    with scope(cast.harbour.id):
        assert Payment.objects.count() == 2


def test_what_was_paid_too_much_goes_back_and_no_more(olga, invoice):
    pay(olga, invoice, "60.50")
    credit(olga, invoice, None, "10.00")
    assert read(olga, invoice)["state"] == "refund_due"
    assert pay(olga, invoice, "61.00", "OUT-1", kind="refund").status_code == 409
    assert pay(olga, invoice, "12.10", "OUT-1", kind="refund").status_code == 201
    after = read(olga, invoice)
    assert (after["state"], Decimal(after["open"])) == ("paid", 0)


def test_an_invoice_that_is_not_paid_in_time_is_overdue(cast, olga, invoice):
    from datetime import timedelta

    from billing.invoicing.balance import balance_of
    from billing.invoicing.models import Invoice

    with scope(cast.harbour.id):
        balance = balance_of(Invoice.objects.get())
    assert balance.state(now() + timedelta(days=29)) == "open"
    assert balance.state(now() + timedelta(days=31)) == "overdue"


@pytest.mark.parametrize(
    "body", [{"amount": "0"}, {"amount": "1.001"}, {"reference": " "}, {"kind": "gift"}]
)
def test_a_payment_that_makes_no_sense_is_refused(olga, invoice, body):
    sound = {"amount": "1.00", "reference": "B"}
    place = f"{PLACE}/{invoice['id']}/payments"
    assert olga.post(place, sound | body, format="json").status_code == 400


def test_another_client_s_money_is_not_there(cast, api, olga, invoice):
    mila = api(cast.mila)
    for rest in ("/pdf", "/credit-notes"):
        place = f"/api/v1/t/museum/invoices/{invoice['id']}{rest}"
        assert mila.get(place).status_code == 404
    place = f"/api/v1/t/museum/invoices/{invoice['id']}"
    body = {"amount": "1.00", "reference": "B"}
    assert olga.post(f"{place}/payments", body, format="json").status_code == 404


def test_credit_notes_and_payments_are_never_changed(cast, olga, invoice):
    credit(olga, invoice, "1.00")
    pay(olga, invoice, "1.00")
    with scope(cast.harbour.id):
        for model in (CreditNote, CreditLine, Payment):
            row = model.objects.get()
            assert str(row)
            with pytest.raises(DatabaseError), transaction.atomic():
                row.delete()
            with pytest.raises(DatabaseError), transaction.atomic():
                row.save()


def test_the_pdf_says_what_the_invoice_says_and_is_the_same_again(olga, clara, invoice):
    credit(olga, invoice, "1.00", reason="Wörong (van)")
    answer = clara.get(f"{PLACE}/{invoice['id']}/pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    text = re.sub(rb"\\([()\\])", rb"\1", answer.content)
    for words in (invoice["number"], "60.50", "10.50", "Objects", "Keyframes", "59.29", "(van)"):
        assert words.encode() in text, words
    assert clara.get(f"{PLACE}/{invoice['id']}/pdf").content == answer.content


def test_the_operator_acts_on_the_page_and_the_client_reads_it(olga, clara, invoice):
    page = f"/t/harbour/invoices/{invoice['id']}"
    line = invoice["lines"][1]["id"]
    given = {"act": "credit", f"credit-{line}": "4.00", "reason": "Wrong van"}
    assert clara.post(page, given).status_code == 403
    assert olga.post(page, given).status_code == 302
    assert olga.post(page, {"act": "credit", f"credit-{line}": "x"}).status_code == 400
    assert olga.post(page, {"act": "credit", "credit-x": "1"}).status_code == 400
    assert olga.post(page, {"act": "give"}).status_code == 400
    paid = {"act": "payment", "reference": "B-7", "amount": "55.66"}
    assert olga.post(page, paid).status_code == 302
    assert olga.post(page, paid | {"amount": "1e99"}).status_code == 400
    back = {"act": "refund", "reference": "B-8", "amount": "0.66"}
    assert olga.post(page, back).status_code == 302
    shown = clara.get(page).content
    for words in (b"Wrong van", b"B-7", b"B-8", b"the same"):
        assert words in shown
    assert b"Note a payment" not in shown
    assert b"Open" in clara.get("/t/harbour/invoices").content


def test_the_operator_issues_from_the_page(cast, olga, invoice):
    answer = olga.post("/t/harbour/invoices", follow=True)
    assert "There is nothing to charge" in answer.content.decode()
    with frozen(now()):
        assert b"Issue the next invoice" in olga.get("/t/harbour/invoices").content


class CardNetwork:
    """A gateway at the edge of the machine; it knows each order by its reference."""

    name = "none"

    def __init__(self):
        self.orders = {}

    def collect(self, charge):
        raise AssertionError("nobody asks for money here")

    def refund(self, order):
        return self.orders.setdefault(order.reference, f"re_{len(self.orders) + 1}")


def test_money_goes_back_through_the_gateway_once(cast, olga, invoice, run_jobs):
    from billing.invoicing.payments import order_refund
    from core.access.actors import Actor
    from core.errors import Conflict

    run_jobs()  # hands the invoice to the gateway
    pay(olga, invoice, "60.50")
    network, order = CardNetwork(), {
        "actor": Actor.person(cast.olga), "tenant": cast.harbour.id, "invoice_id": invoice["id"],
        "amount": Decimal("12.10"), "reference": "R-1",
    }  # fmt: skip
    first, again = (order_refund(**order, gateway=network) for _ in range(2))
    assert first == again
    assert Decimal(read(olga, invoice)["open"]) == Decimal("12.10")
    with pytest.raises(Conflict, match="came in"):
        order_refund(**order | {"amount": Decimal(50)}, gateway=network)
    body = {"amount": "1.00", "reference": "R-2"}
    answer = olga.post(f"{PLACE}/{invoice['id']}/refunds", body, format="json")
    assert (answer.status_code, "transfer" in answer.json()["detail"]) == (409, True)


def disputed(cast):
    """A dispute of the first version of the project that was charged."""
    with scope(cast.harbour.id):
        return Dispute.objects.create(
            tenant=cast.harbour, release=Release.objects.get(), reason="Two ids for one forklift.",
            disputed_by=cast.clara,
        )  # fmt: skip


def credited(client, invoice, **more):
    body = {"reason": "The van was wrong.", **more}
    body["lines"] = [{"line": invoice["lines"][1]["id"], "amount": "4.00"}]
    return client.post(f"{PLACE}/{invoice['id']}/credit-notes", body, format="json")


def test_a_credit_note_is_a_document_of_its_own_that_names_invoice_and_dispute(
    cast, olga, clara, invoice
):
    told = credited(olga, invoice, basis="dispute", dispute=str(disputed(cast).id)).json()
    assert told["pdf"] == f"/api/v1/t/harbour/credit-notes/{told['id']}/pdf"
    answer = clara.get(told["pdf"])
    assert answer["Content-Type"] == "application/pdf"
    text = re.sub(rb"\\([()\\])", rb"\1", answer.content)
    for words in (
        f"Credit note {told['number']}", f"For invoice {invoice['number']}", "The van was wrong.",
        "Two ids for one forklift.", "Tax, 21 %", "Total, EUR", "4.00", "0.84", "4.84", "Objects",
    ):  # fmt: skip
        assert words.encode() in text, words
    assert clara.get(told["pdf"]).content == answer.content
    page = f"/t/harbour/credit-notes/{told['id']}"
    for place in (f"/t/harbour/invoices/{invoice['id']}", "/t/harbour/invoices"):
        assert page.encode() in clara.get(place).content
    assert told["pdf"].encode() in clara.get("/t/harbour/invoices").content
    shown = clara.get(page).content
    for words in (told["pdf"], "Two ids for one forklift.", invoice["number"]):
        assert words.encode() in shown
    assert clara.get(f"/api/v1{page}").json()["basis"] == "dispute"


def test_a_credit_rests_on_a_dispute_of_what_was_charged_or_says_another_ground(
    cast, olga, clara, invoice
):
    for wrong in ({"basis": "dispute"}, {"basis": "dispute", "dispute": str(uuid4())}):
        assert credited(olga, invoice, **wrong).status_code == 400
    assert credited(olga, invoice, basis="luck").status_code == 400
    late = credited(olga, invoice, basis="sla").json()
    assert b"Delivered later than contract" in clara.get(late["pdf"]).content
    dispute, line = disputed(cast), invoice["lines"][1]["id"]
    given = {"act": "credit", f"credit-{line}": "1.00", "reason": "x", "ground": str(dispute.id)}
    page = f"/t/harbour/invoices/{invoice['id']}"
    assert str(dispute.id).encode() in olga.get(f"{page}?credit-{line}=").content
    assert olga.post(page, given).status_code == 302
    assert olga.post(page, given | {"ground": "moon"}).status_code == 400
    with scope(cast.harbour.id):
        assert CreditNote.objects.filter(dispute=dispute, basis="dispute").count() == 1


def test_another_client_s_credit_note_is_not_there(cast, api, olga, invoice):
    note, mila = credited(olga, invoice).json()["id"], api(cast.mila)
    for place in ("api/v1/t/museum", "t/museum", "t/harbour"):
        assert mila.get(f"/{place}/credit-notes/{note}").status_code == 404
    assert mila.get(f"/api/v1/t/museum/credit-notes/{note}/pdf").status_code == 404
