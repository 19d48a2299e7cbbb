"""The form of a contract's terms: prices with tiers, the service level, the business calendar."""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from django import forms

from core.errors import Invalid
from tenants.contracts.calendars import WEEKDAYS
from tenants.contracts.prices import UNITS
from tenants.contracts.terms import PauseReason, read_terms

#: The field of the form that a refused field of a terms document stands in.
PLACES = {"calendar": "time_zone", "rates": "currency"}
TIER = re.compile(r"([0-9.]+)\s*:\s*([0-9.]+)")


class TermsForm(forms.Form):
    """Everything that is priced or timed. Terms that the form does not show stay as they are."""

    currency = forms.CharField(label="Currency", min_length=3, max_length=3)
    minimum = forms.CharField(label="An invoice comes to at least", max_length=20)
    rush_percent = forms.CharField(label="Added for rush, in percent", max_length=20)
    tax_percent = forms.CharField(label="Tax, in percent", max_length=20)
    payment_days = forms.IntegerField(label="Days to pay", min_value=0)
    turnaround_hours = forms.IntegerField(label="Hours to delivery", min_value=1)
    rush_hours = forms.IntegerField(
        label="Hours to delivery of a rush order", min_value=1, required=False
    )
    credit_percent_per_day = forms.CharField(
        label="Credited per started day of lateness, in percent", max_length=20
    )
    credit_percent_cap = forms.CharField(label="Credited at most, in percent", max_length=20)
    accept_days = forms.IntegerField(label="Days after which silence accepts", min_value=1)
    at_risk_percent = forms.IntegerField(
        label="At risk from so many late forecasts in 100", min_value=1, max_value=100
    )
    pause_reasons = forms.MultipleChoiceField(
        label="A clock may stand still for",
        choices=[(r.value, r.value.replace("_", " ").capitalize()) for r in PauseReason],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    time_zone = forms.CharField(
        label="Time zone", required=False, help_text="Empty: clocks run round the clock."
    )
    holidays = forms.CharField(
        label="Public holidays of", required=False, help_text="A place such as GB-ENG."
    )
    closed = forms.CharField(
        label="Other closed days",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Dates such as 2026-12-24, one a line.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for unit in UNITS:
            self.fields[f"rate_{unit}"] = forms.CharField(
                label=f"Price of one {unit.replace('_', ' ')}", required=False, max_length=400
            )
        self.fields["rate_frame"].help_text = "0.40, or with tiers: 0.40, 1000: 0.35, 5000: 0.30."
        for day in WEEKDAYS:
            self.fields[f"hours_{day}"] = forms.CharField(
                label=f"Open on {day.capitalize()}", required=False, max_length=11
            )
        self.fields["hours_mon"].help_text = "09:00-17:30; empty where closed."

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under their headings."""
        prices = ["currency", *(f"rate_{unit}" for unit in UNITS), "minimum", "rush_percent"]
        calendar = ["time_zone", *(f"hours_{day}" for day in WEEKDAYS), "holidays", "closed"]
        money = ["tax_percent", "payment_days"]
        named = {"Prices": prices + money, "Business calendar": calendar}
        taken = {name for names in named.values() for name in names}
        named["Service level"] = [name for name in self.fields if name not in taken]
        order = ("Prices", "Service level", "Business calendar")
        return [(title, [self[name] for name in named[title]]) for title in order]

    def document(self, base: Mapping[str, Any]) -> dict[str, Any] | None:
        """Give `base` with what the form says, checked; None where it does not hold up."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        terms = deepcopy(dict(base))
        try:
            terms["currency"] = given["currency"].upper()
            terms["rates"] = _rates(given)
            terms["invoicing"] = {
                name: given[name].strip() for name in ("minimum", "rush_percent", "tax_percent")
            } | {"payment_days": given["payment_days"]}
            terms["sla"] = _sla(given)
            read_terms(terms)
        except Invalid as error:
            self.add_error(self._place(error.field or ""), error.message)
            return None
        return terms

    def _place(self, field: str) -> str | None:
        """The form's field for a field such as terms.rates.object[1].above."""
        for part in reversed(re.split(r"[.\[\]]+", field)):
            for name in (part, f"rate_{part}", f"hours_{part}", PLACES.get(part, "")):
                if name in self.fields:
                    return name
        return None


def initial_of(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the form shows for a terms document."""
    read = read_terms(terms)
    calendar = read.sla.calendar or {}
    initial: dict[str, Any] = {
        "currency": read.currency,
        "minimum": f"{read.invoicing.minimum:f}",
        "rush_percent": f"{read.invoicing.rush_percent:f}",
        "tax_percent": f"{read.invoicing.tax_percent:f}",
        "payment_days": read.invoicing.payment_days,
        "turnaround_hours": read.sla.turnaround_hours,
        "rush_hours": read.sla.rush_hours,
        "credit_percent_per_day": f"{read.sla.credit_percent_per_day:f}",
        "credit_percent_cap": f"{read.sla.credit_percent_cap:f}",
        "accept_days": read.sla.accept_days,
        "at_risk_percent": read.sla.at_risk_percent,
        "pause_reasons": sorted(read.sla.pause_reasons),
        "time_zone": calendar.get("time_zone", ""),
        "holidays": calendar.get("holidays", ""),
        "closed": "\n".join(calendar.get("closed", [])),
    }
    initial |= {f"hours_{day}": "-".join(span) for day, span in calendar.get("hours", {}).items()}
    for unit, rate in read.rates.items():
        first, *more = rate.tiers
        tiers = [f"{first.price:f}", *(f"{tier.above:f}: {tier.price:f}" for tier in more)]
        initial[f"rate_{unit}"] = ", ".join(tiers)
    return initial


def _rates(given: Mapping[str, Any]) -> dict[str, Any]:
    texts = {unit: given[f"rate_{unit}"].strip() for unit in UNITS}
    return {unit: _rate(unit, text) for unit, text in texts.items() if text}


def _rate(unit: str, text: str) -> Any:
    first, *more = [part.strip() for part in text.split(",")]
    if not more:
        return first
    tiers = [{"above": "0", "price": first}]
    for part in more:
        found = TIER.fullmatch(part)
        if found is None:
            raise Invalid('Write tiers as "0.40, 1000: 0.35".', field=f"terms.rates.{unit}")
        tiers.append({"above": found[1], "price": found[2]})
    return tiers


def _sla(given: Mapping[str, Any]) -> dict[str, Any]:
    numbers = ("turnaround_hours", "accept_days", "at_risk_percent")
    sla: dict[str, Any] = {name: given[name] for name in numbers}
    for name in ("credit_percent_per_day", "credit_percent_cap"):
        sla[name] = given[name].strip()
    sla["pause_reasons"] = sorted(given["pause_reasons"])
    if given["rush_hours"] is not None:
        sla["rush_hours"] = given["rush_hours"]
    if given["time_zone"].strip():
        sla["calendar"] = _calendar(given)
    return sla


def _calendar(given: Mapping[str, Any]) -> dict[str, Any]:
    spans = {day: given[f"hours_{day}"].replace(" ", "") for day in WEEKDAYS}
    return {
        "time_zone": given["time_zone"].strip(),
        "hours": {day: span.split("-") for day, span in spans.items() if span},
        "holidays": given["holidays"].strip(),
        "closed": given["closed"].split(),
    }
