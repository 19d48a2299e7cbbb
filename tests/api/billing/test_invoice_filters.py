"""The list of invoices by state and period, kept in its address, and as a person's own view."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.invoicing.models import Invoice, Payment
from core.clock import now
from core.tenancy.scope import scope
from tenants.contracts.models import Contract
from tenants.contracts.terms import DEFAULT_TERMS

PAGE = "/t/harbour/invoices"


@pytest.fixture
def invoices(cast):
    """Three of 2026: January's is paid, March's is overdue, November's is open."""
    with scope(cast.harbour.id):
        contract = Contract.objects.create(tenant=cast.harbour, number=1, terms=DEFAULT_TERMS)
        for sequence, (month, due) in enumerate([(1, -200), (3, -100), (11, 30)], 1):
            made = Invoice(
                tenant=cast.harbour, sequence=sequence, number=f"harbour-2026-000{sequence}",
                contract=contract, currency="EUR", net=Decimal(10), tax_percent=0, tax=0,
                total=Decimal(10), due_at=now() + timedelta(days=due),
            )  # fmt: skip
            made.issued_at = datetime(2026, month, 15, 12, tzinfo=UTC)
            made.save(force_insert=True)
            if month == 1:
                Payment.objects.create(
                    tenant=cast.harbour, invoice=made, kind="payment", gateway="bank",
                    reference="1", amount=Decimal(10),
                )  # fmt: skip


def numbers(client, query=""):
    text = client.get(PAGE + query).content.decode()
    return [int(n) for n in re.findall(r'class="rowlink"[^>]*>harbour-2026-000(\d)<', text)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [3, 2, 1]),
        ("?state=paid", [1]),
        ("?state=overdue", [2]),
        ("?state=open", [3]),
        ("?state=credited", []),
        ("?since=2026-03-15", [3, 2]),
        ("?until=2026-03-15", [2, 1]),
        ("?since=2026-02-01&until=2026-04-01&state=overdue", [2]),
    ],
)
def test_invoices_are_narrowed_by_state_and_by_the_days_of_issue(clara, invoices, query, found):
    assert numbers(clara, query) == found
    text = clara.get(PAGE + query).content.decode()
    assert ("Show all" in text) == bool(query)
    if not found:
        assert "No invoice is like that" in text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("?since=yesterday", "Enter a valid date."),
        ("?since=2026-03-02&until=2026-03-01", "This is before the first day."),
        ("?state=gone", "Select a valid choice."),
    ],
)
def test_what_cannot_be_read_is_said_and_narrows_nothing(clara, invoices, query, told):
    assert told in clara.get(PAGE + query).content.decode()
    assert numbers(clara, query) == [3, 2, 1]


def test_a_filtered_list_is_kept_as_a_view(clara, invoices):
    assert "Keep these filters" in clara.get(f"{PAGE}?state=overdue").content.decode()
    view = {"page": PAGE, "name": "To pay", "query": "state=overdue&since="}
    assert clara.post("/account/views", view)["Location"] == f"{PAGE}?state=overdue"
    assert f'href="{PAGE}?state=overdue">To pay</a>' in clara.get(PAGE).content.decode()


def test_a_list_without_invoices_has_nothing_to_narrow(clara):
    assert 'class="filters"' not in clara.get(PAGE).content.decode()
