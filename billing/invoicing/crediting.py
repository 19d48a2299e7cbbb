"""The form of a credit note: lines are chosen on any page of an invoice, amounts written by them.

Each chosen line is a field named credit-<id of the line>, in the form as in the address of a page
of lines: what was chosen is kept from page to page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.db.models import Sum
from django.http import QueryDict

from billing.invoicing.models import Invoice, Line
from core.errors import Invalid

_PREFIX = "credit-"
#: Lines of one note on the form: more would be no address any more. The API takes any number.
MOST = 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """A line to be credited: what was typed for it, and how much of it is left to give back."""

    line: Line
    typed: str
    left: Decimal


def typed_in(given: QueryDict) -> dict[UUID, str]:
    """Read what was typed for which line, empty where it was only chosen. Raises Invalid."""
    typed = {}
    for name, value in given.items():
        if name.startswith(_PREFIX):
            try:
                typed[UUID(name.removeprefix(_PREFIX))] = str(value).strip()[:40]
            except ValueError as error:
                raise Invalid("This line is not on the invoice.", field="lines") from error
    return typed


def chosen_lines(invoice: Invoice, typed: Mapping[UUID, str]) -> list[Chosen]:
    """Give the chosen lines in the invoice's order; what is not on it is left out."""
    if not typed:
        return []
    rows = invoice.lines.filter(id__in=list(typed), amount__gt=0)
    rows = rows.select_related("reading__clip", "reading__release").defer(
        "reading__release__manifest", "reading__release__units"
    )
    return [
        Chosen(line, typed[line.id], line.amount - (line.given or 0))
        for line in rows.annotate(given=Sum("credits__amount"))
    ]


def choose(invoice: Invoice, typed: Mapping[UUID, str], number: str) -> dict[UUID, str]:
    """Add a line by its number on the invoice; an empty number adds none. Raises Invalid."""
    if not number.strip():
        return dict(typed)
    line = _numbered(invoice, number.strip())
    if line.amount <= 0:
        raise Invalid(f"Nothing can be given back on line {line.position}.", field="line")
    if len(typed) >= MOST and line.id not in typed:
        raise Invalid(
            f"One note of this form has {MOST} lines at most. Issue it, then make another.",
            field="line",
        )
    return {**typed, line.id: typed.get(line.id, "")}


def drop(invoice: Invoice, typed: Mapping[UUID, str], number: str) -> dict[UUID, str]:
    """Take a chosen line out again."""
    gone = _numbered(invoice, number).id
    return {line: text for line, text in typed.items() if line != gone}


def _numbered(invoice: Invoice, number: str) -> Line:
    found: Line | None = None
    if number.isdecimal() and len(number) < 10:
        found = invoice.lines.filter(position=int(number)).first()
    if found is None:
        last = invoice.lines.order_by("-position").values_list("position", flat=True).first()
        raise Invalid(f"There is no line {number[:40]}: the lines are 1 to {last}.", field="line")
    return found


def amounts_of(typed: Mapping[UUID, str]) -> dict[UUID, Decimal]:
    """Read the amounts that were typed. Raises Invalid."""
    return {line: money(text) for line, text in typed.items() if text}


def money(text: str) -> Decimal:
    """Read an amount. Raises Invalid."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation as error:
        raise Invalid(f'"{text[:40]}" is no amount; write it as 12.50.', field="amount") from error
    if not value.is_finite() or abs(value) >= Decimal(10) ** 12:
        raise Invalid(f'"{text[:40]}" is no amount; write it as 12.50.', field="amount")
    return value


def query_with(query: QueryDict, typed: Mapping[UUID, str]) -> QueryDict:
    """Give the query of a page with what is chosen now in place of what was."""
    kept = query.copy()
    for name in list(kept):
        if name.startswith(_PREFIX):
            del kept[name]
    for line, text in typed.items():
        kept[f"{_PREFIX}{line}"] = text
    return kept
