"""What terms would come to: the next invoice and the next clock, beside those in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from billing.invoicing.issuing import uncharged, usage_of
from billing.rates.pricing import Totals, invoice_lines, totals
from core.clock import now
from tenants.contracts.terms import read_terms
from workforce.delivery.policies import policy_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What terms come to. readings: units that are on no invoice yet and have a price.

    due: of a clip that arrives now. credit: percent for one that is a day late.
    """

    currency: str
    readings: int
    sums: Totals
    due: datetime
    rush_due: datetime | None
    credit: Decimal


def outcome(terms: Mapping[str, Any]) -> Outcome:
    """Compute an outcome in the open scope; writes nothing."""
    read, policy, instant = read_terms(terms), policy_of(terms["sla"]), now()
    readings = uncharged(read)
    lines = invoice_lines([usage_of(reading) for reading in readings], read)
    return Outcome(
        currency=read.currency,
        readings=len(readings),
        sums=totals((line.amount for line in lines), read.invoicing.tax_percent, read.currency),
        due=policy.after(instant, policy.turnaround),
        rush_due=None if policy.rush is None else policy.after(instant, policy.rush),
        credit=policy.credit_percent(timedelta(seconds=1)),
    )
