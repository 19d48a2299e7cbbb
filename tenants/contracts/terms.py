"""The terms of a contract: read once from JSON, checked, and typed.

Keys that came later are optional: a contract that was signed before them is never changed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from core.errors import Invalid
from tenants.contracts import checks
from tenants.contracts.calendars import check_calendar
from tenants.contracts.prices import Rate, read_rates

AUDIO = ("drop", "keep")


class PauseReason(StrEnum):
    """Why a clock may stand still. A contract may allow fewer."""

    AWAITING_CLIENT = "awaiting_client"
    CLIENT_HOLD = "client_hold"
    FOOTAGE_DAMAGED = "footage_damaged"
    FORCE_MAJEURE = "force_majeure"
    LEGAL_HOLD = "legal_hold"


@dataclass(frozen=True, slots=True)
class Sla:
    """Hours from upload to delivery, and what a late delivery costs us.

    Hours are of the calendar's business time, or of all time where the contract has no calendar.
    """

    turnaround_hours: int
    #: Percent of a late clip's amount that is credited per started day of lateness, and at most.
    credit_percent_per_day: Decimal
    credit_percent_cap: Decimal
    #: Days after which silence accepts a release.
    accept_days: int
    #: Hours from a rush order to delivery; None where the contract knows no rush.
    rush_hours: int | None = None
    #: Probability of a breach, in percent, from which a clock is at risk.
    at_risk_percent: int = 25
    pause_reasons: frozenset[PauseReason] = frozenset(PauseReason)
    #: As written in the contract; clocks pin it with its holidays (contracts.calendars).
    calendar: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Privacy:
    """What must not be recognizable in a delivery."""

    faces: bool
    plates: bool
    audio: str


@dataclass(frozen=True, slots=True)
class Invoicing:
    """minimum: what an invoice comes to at least. rush_percent: added to what was ordered as rush.

    tax_percent: on the sum of an invoice. payment_days: from issue until it is due.
    """

    minimum: Decimal = Decimal(0)
    rush_percent: Decimal = Decimal(0)
    tax_percent: Decimal = Decimal(0)
    payment_days: int = 30


@dataclass(frozen=True, slots=True)
class Terms:
    """All that a contract says. Money is Decimal in units of `currency`."""

    sla: Sla
    rates: Mapping[str, Rate]
    currency: str
    retention_days: int
    privacy: Privacy
    names_shown: bool
    invoicing: Invoicing


DEFAULT_TERMS: dict[str, Any] = {
    "sla": {
        "turnaround_hours": 72,
        "credit_percent_per_day": "10",
        "credit_percent_cap": "50",
        "accept_days": 10,
    },
    "rates": {"object": "0.40", "keyframe": "0.02"},
    "currency": "EUR",
    "retention_days": 180,
    "privacy": {"faces": True, "plates": True, "audio": "drop"},
    "names_shown": False,
}
_SLA_OPTIONAL = {"rush_hours", "at_risk_percent", "pause_reasons", "calendar"}
_INVOICING = {"minimum", "rush_percent", "tax_percent", "payment_days"}


def read_terms(document: Any) -> Terms:
    """Check and type a terms document. Raises Invalid, naming the field."""
    top = checks.mapping(document, "terms", set(DEFAULT_TERMS), {"invoicing"})
    privacy = checks.mapping(top["privacy"], "terms.privacy", set(DEFAULT_TERMS["privacy"]))
    if privacy["audio"] not in AUDIO:
        raise Invalid(f"Audio is one of: {', '.join(AUDIO)}.", field="terms.privacy.audio")
    if not re.fullmatch(r"[A-Z]{3}", str(top["currency"])):
        raise Invalid("The currency is an ISO 4217 code such as EUR.", field="terms.currency")
    return Terms(
        sla=read_sla(top["sla"]),
        rates=read_rates(top["rates"]),
        currency=top["currency"],
        retention_days=checks.count(top["retention_days"], "terms.retention_days", 36_500),
        privacy=Privacy(
            faces=checks.flag(privacy, "faces", "terms.privacy"),
            plates=checks.flag(privacy, "plates", "terms.privacy"),
            audio=privacy["audio"],
        ),
        names_shown=checks.flag(top, "names_shown", "terms"),
        invoicing=_invoicing(top.get("invoicing", {})),
    )


def read_sla(document: Any) -> Sla:
    """Check and type the SLA of a contract. Raises Invalid, naming the field."""
    field = "terms.sla"
    sla = checks.mapping(document, field, set(DEFAULT_TERMS["sla"]), _SLA_OPTIONAL)
    if sla.get("calendar") is not None:
        check_calendar(sla["calendar"], f"{field}.calendar")
    rush = sla.get("rush_hours")
    return Sla(
        turnaround_hours=checks.count(sla["turnaround_hours"], f"{field}.turnaround_hours", 8760),
        credit_percent_per_day=checks.percent(
            sla["credit_percent_per_day"], f"{field}.credit_percent_per_day"
        ),
        credit_percent_cap=checks.percent(sla["credit_percent_cap"], f"{field}.credit_percent_cap"),
        accept_days=checks.count(sla["accept_days"], f"{field}.accept_days", 365),
        rush_hours=None if rush is None else checks.count(rush, f"{field}.rush_hours", 8760),
        at_risk_percent=checks.count(
            sla.get("at_risk_percent", 25), f"{field}.at_risk_percent", 100
        ),
        pause_reasons=_pause_reasons(sla.get("pause_reasons"), f"{field}.pause_reasons"),
        calendar=sla.get("calendar"),
    )


def _pause_reasons(values: Any, field: str) -> frozenset[PauseReason]:
    if values is None:
        return frozenset(PauseReason)
    if not isinstance(values, list) or not set(map(str, values)) <= set(PauseReason):
        raise Invalid(f"Pause reasons are a list out of: {', '.join(PauseReason)}.", field=field)
    return frozenset(PauseReason(value) for value in values)


def _invoicing(document: Any) -> Invoicing:
    field, none = "terms.invoicing", Invoicing()
    values = checks.mapping(document, field, set(), _INVOICING)
    return Invoicing(
        minimum=checks.decimal(values.get("minimum", "0"), f"{field}.minimum"),
        rush_percent=checks.percent(
            values.get("rush_percent", "0"), f"{field}.rush_percent", most=500
        ),
        tax_percent=checks.percent(values.get("tax_percent", "0"), f"{field}.tax_percent"),
        payment_days=checks.count(
            values.get("payment_days", none.payment_days), f"{field}.payment_days", 365, least=0
        ),
    )
