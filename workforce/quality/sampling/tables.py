"""Single sampling plans of ISO 2859-1: code letters (table 1), normal (2-A) and tightened (2-B).

The two master tables are the same along their diagonals: one letter further or one AQL further are
one step on a scale, and the acceptance number depends on the sum of both. That is how they are
written here. Reduced inspection (2-C), which the standard leaves to whoever inspects, is left out.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum

LETTERS = "ABCDEFGHJKLMNPQRS"
#: S is reached by an arrow of the tightened table only.
SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150)
#: Acceptable quality levels, in nonconforming items of a hundred.
AQLS = (
    *("0.010", "0.015", "0.025", "0.040", "0.065", "0.10", "0.15", "0.25"),
    *("0.40", "0.65", "1.0", "1.5", "2.5", "4.0", "6.5", "10"),
)

#: Table 1: least lot size of each row, and its letter at the general levels.
LOT_SIZES = (2, 9, 16, 26, 51, 91, 151, 281, 501, 1201, 3201, 10001, 35001, 150001, 500001)
CODE_LETTERS = {
    "I": "AABCCDEFGHJKLMN",
    "II": "ABCDEFGHJKLMNPQ",
    "III": "BCDEFGHJKLMNPQR",
}


class Severity(StrEnum):
    """How strictly lots are inspected now."""

    NORMAL = "normal"
    TIGHTENED = "tightened"
    DISCONTINUED = "discontinued"


# Acceptance number by step on the scale. What lies below points down, what lies above points up;
# steps that are missing in between point to the nearer of their neighbours.
_NORMAL = {14: 0, 17: 1, 18: 2, 19: 3, 20: 5, 21: 7, 22: 10, 23: 14, 24: 21}
_TIGHTENED = {15: 0, 18: 1, 19: 2, 20: 3, 21: 5, 22: 8, 23: 12, 24: 18}
_NORMAL_UP = frozenset({15})
_LAST = {Severity.NORMAL: LETTERS.index("R"), Severity.TIGHTENED: LETTERS.index("S")}


@dataclass(frozen=True, slots=True)
class Plan:
    """Inspect `sample_size` items, all of them if there are not more; accept up to so many bad."""

    letter: str
    sample_size: int
    acceptance_number: int


def code_letter(lot_size: int, level: str) -> str:
    """Give the letter of a lot of at least 2 items at general level I, II or III (table 1)."""
    if lot_size < LOT_SIZES[0]:
        raise ValueError("a lot has 2 items or more")
    return CODE_LETTERS[level][bisect_right(LOT_SIZES, lot_size) - 1]


def plan_for(lot_size: int, *, aql: str, level: str, severity: Severity) -> Plan:
    """Give the plan for a lot; its letter is that which the arrows of the table lead to."""
    start, column = LETTERS.index(code_letter(lot_size, level)), AQLS.index(aql)
    numbers = _TIGHTENED if severity is Severity.TIGHTENED else _NORMAL
    row = _follow(start, column, severity, numbers)
    return Plan(LETTERS[row], SIZES[row], numbers[row + column])


def _follow(row: int, column: int, severity: Severity, numbers: dict[int, int]) -> int:
    """Follow arrows to the first row that has a plan for the column."""
    last = _LAST[severity]
    step = _arrow(row + column, severity, numbers)
    candidates = [
        range(row, last + 1) if step > 0 else range(row, -1, -1),
        # At an edge of the table there is a plan on the other side only.
        range(row, -1, -1) if step > 0 else range(row, last + 1),
    ]
    return next(r for rows in candidates for r in rows if r + column in numbers)


def _arrow(diagonal: int, severity: Severity, numbers: dict[int, int]) -> int:
    up = diagonal > max(numbers) or (severity is Severity.NORMAL and diagonal in _NORMAL_UP)
    return -1 if up else 1
