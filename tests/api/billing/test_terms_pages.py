"""The page of a client's terms: previewed, drafted, signed; what went before stays as it was."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing.invoicing.models import Invoice
from billing.metering.models import Reading
from core.clock import frozen, now
from core.tenancy.scope import scope
from tenants.contracts.models import Contract
from tests import dock
from tests.api.billing.test_money import issue
from tests.api.labels.floor import make_clip
from workforce.delivery.clocks import clocks_of, tick
from workforce.delivery.models import Release
from workforce.delivery.sla import ClockAction

PAGE = "/t/harbour/terms"
SOUND = {
    "currency": "eur", "rate_object": "0.40, 50: 0.30", "minimum": "0", "rush_percent": "50",
    "tax_percent": "20", "payment_days": "14", "turnaround_hours": "8", "rush_hours": "4",
    "credit_percent_per_day": "5", "credit_percent_cap": "25", "accept_days": "7",
    "at_risk_percent": "30", "pause_reasons": ["client_hold"],
}  # fmt: skip
OFFICE = {"time_zone": "Europe/London", "holidays": "GB-ENG", "closed": "2026-04-08"} | {
    f"hours_{day}": "09:00-17:00" for day in ("mon", "tue", "wed", "thu", "fri")
}


def uncharged(cast, objects=100):
    clip = make_clip(cast)
    with scope(cast.harbour.id):
        release = Release.objects.create(
            tenant=cast.harbour, project=clip.project, number=1, formats=["mot"],
            clips=[str(clip.id)], state="accepted",
        )  # fmt: skip
        Reading.objects.create(
            tenant=cast.harbour, release=release, clip=clip, unit="object", quantity=objects,
            source="x",
        )  # fmt: skip


def test_a_preview_says_what_invoice_and_clock_would_be_and_writes_nothing(cast, olga):
    dock.sign(cast)
    uncharged(cast)
    with frozen(datetime(2026, 4, 2, 14, tzinfo=UTC)):  # Thursday before Easter
        shown = olga.post(PAGE, SOUND | OFFICE | {"act": "preview"})
        drawn = shown.content.decode()
    assert shown.status_code == 200
    assert "40.00 EUR" in drawn, "in force: 100 at 0.40"
    assert "42.00 EUR" in drawn, "50 at 0.40, 50 at 0.30, with 20 % of tax"
    # Two hours are left on Thursday; Friday and Monday are holidays, so six are on Tuesday.
    assert "Tue 7 Apr, 15:00" in drawn or "Tue 7 Apr, 14:00" in drawn
    with scope(cast.harbour.id):
        assert Contract.objects.count() == 1
        assert not Invoice.objects.exists()


def test_a_drafted_version_is_signed_and_read_by_the_client(cast, olga, clara):
    dock.sign(cast)
    assert olga.post(PAGE, SOUND | OFFICE | {"act": "draft"}).status_code == 302
    with scope(cast.harbour.id):
        draft = Contract.objects.get(state="draft")
    sla = draft.terms["sla"]
    assert draft.terms["rates"]["object"][1] == {"above": "50", "price": "0.30"}
    assert sla["calendar"]["closed"] == ["2026-04-08"]
    assert sla["pause_reasons"] == ["client_hold"]
    assert draft.terms["retention_days"] == 180, "what the form does not show stays"
    assert clara.post(PAGE, SOUND).status_code == 403
    clara.post(f"/api/v1/t/harbour/contracts/{draft.id}/sign")
    read = clara.get(PAGE).content.decode()
    for words in ("Europe/London", "0.40, 50: 0.30", "In force", "Client hold"):
        assert words in read
    assert "Preview" not in read
    again = olga.get(PAGE).content.decode()
    assert "0.40, 50: 0.30" in again, "the form begins with what is in force"


def test_new_terms_change_no_closed_clock_and_no_issued_invoice(cast, olga, clara):
    invoice = issue(cast, olga)
    clip = make_clip(cast)
    with scope(cast.harbour.id):
        for action in (ClockAction.START, ClockAction.STOP):
            tick(clip_id=clip.id, action=action)
        before = clocks_of([clip.id])[clip.id]
    olga.post(PAGE, SOUND | OFFICE | {"act": "draft"})
    with scope(cast.harbour.id):
        draft = Contract.objects.get(state="draft")
    clara.post(f"/api/v1/t/harbour/contracts/{draft.id}/sign")
    place = f"/api/v1/t/harbour/invoices/{invoice['id']}"
    after = clara.get(place).json()
    assert (after["total"], after["agrees"]) == (invoice["total"], True)
    assert Decimal(after["recomputed"]) == Decimal(invoice["total"])
    with scope(cast.harbour.id):
        assert clocks_of([clip.id], instant=now())[clip.id] == before


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"rate_object": "cheap"}, "number in quotes"),
        ({"rate_object": "0.40, many"}, "Write tiers as"),
        ({"rate_object": "0.40, 9: 0.3, 5: 0.2"}, "rise"),
        ({"rate_object": ""}, "Rates name a price"),
        ({"credit_percent_cap": "101"}, "at most 100"),
        ({"time_zone": "Moon/Base"}, "time zone is a name"),
        ({"time_zone": "Europe/London"}, "open on one weekday"),
        ({**OFFICE, "hours_mon": "17:00-09:00"}, "span such as"),
        ({**OFFICE, "holidays": "XX"}, "Holidays are those"),
        ({**OFFICE, "closed": "Easter"}, "Closed days are dates"),
        ({"currency": "E1R"}, "ISO 4217"),
    ],
)
def test_terms_that_do_not_hold_up_say_what_to_change(cast, olga, wrong, words):
    refused = olga.post(PAGE, SOUND | wrong | {"act": "draft"})
    assert refused.status_code == 400
    assert words in refused.content.decode()
    with scope(cast.harbour.id):
        assert not Contract.objects.exists()


def test_a_client_without_a_contract_is_told_what_comes(cast, api, clara, olga):
    assert b"No contract yet" in clara.get(PAGE).content
    assert b"Draft the first one below" in olga.get(PAGE).content
    assert api(cast.mila).get(PAGE).status_code == 404
