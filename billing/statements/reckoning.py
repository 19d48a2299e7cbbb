"""What a statement comes to: its sums as they were issued, and its total computed anew.

A statement settles many thousand readings, of few quantities: the database adds up equal ones, and
each is priced once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from billing.rates.pricing import amount
from billing.statements.models import Statement
from core.tenancy.statements import Rows, run_prepared
from tenants.contracts.prices import Rate, read_rates


@dataclass(frozen=True, slots=True)
class Sum:
    """What one client's work comes to, by unit."""

    client: str
    unit: str
    tasks: int
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A statement's sums by client and unit, and its total from readings and prices."""

    sums: list[Sum]
    recomputed: Decimal


_SETTLED = """
statements_settled s join statements_workreading r
  on r.tenant_id = s.tenant_id and r.id = s.reading_id
where s.statement_id = %(statement)s"""
#: Readings of one client, unit and quantity: how many, what they were settled at.
_FLAT = f"""
select r.client, r.unit, r.quantity, null::numeric, count(*), sum(s.amount)
from {_SETTLED} group by r.client, r.unit, r.quantity"""  # noqa: S608 - made of constants
#: The same, where prices depend on what came before: equal are readings that lie in one tier; one
#: that reaches into the next stands alone. The fourth column is the quantity before them, or where
#: their tier begins.
_TIERED = f"""
with bounds as (
  select unit, array_agg(above order by above) above
  from unnest(%(units)s::text[], %(above)s::numeric[]) t(unit, above) group by unit),
placed as (
  select r.client, r.unit, r.quantity, s.amount, coalesce(sum(r.quantity) over (
    partition by r.unit order by s.position rows between unbounded preceding and 1 preceding), 0
  ) before from {_SETTLED})
select client, p.unit, quantity, case
    when width_bucket(before, above) = width_bucket(before + quantity, above)
    then above[width_bucket(before, above)] else before end start,
  count(*), sum(amount)
from placed p join bounds b on b.unit = p.unit group by client, p.unit, quantity, start"""  # noqa: S608 - made of constants


def reckon(statement: Statement) -> Reckoning:
    """Add a statement up by client and unit, and price its readings anew, in the open scope.

    One query, and the statement's `card`. Writes nothing.
    """
    rates = read_rates(statement.card.rates, "rates")
    sums: dict[tuple[str, str], Sum] = {}
    total = Decimal(0)
    for client, unit, quantity, start, readings, settled in _equal_readings(statement, rates):
        known = sums.get((client, unit), Sum(client, unit, 0, Decimal(0), Decimal(0)))
        sums[client, unit] = Sum(
            client,
            unit,
            known.tasks + readings,
            known.quantity + readings * quantity,
            known.amount + settled,
        )
        parts = rates[unit].parts(start or Decimal(0), quantity)
        total += readings * sum(
            (
                amount(share, rates[unit].tiers[tier].price, statement.currency)
                for tier, share in parts
            ),
            Decimal(0),
        )
    return Reckoning([sums[key] for key in sorted(sums)], total)


def _equal_readings(statement: Statement, rates: Mapping[str, Rate]) -> Rows:
    values = {"statement": statement.id}
    if all(len(rate.tiers) == 1 for rate in rates.values()):
        return run_prepared(_FLAT, values)
    tiers = [(unit, tier.above) for unit, rate in rates.items() for tier in rate.tiers]
    units, above = zip(*tiers, strict=True)
    return run_prepared(_TIERED, {**values, "units": list(units), "above": list(above)})
