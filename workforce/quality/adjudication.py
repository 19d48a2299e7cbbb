"""What the third person sees of two label sets that differ: sides A and B, no names, no order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.errors import NotFound
from core.tenancy.scope import scope
from workforce.labels.store import read_label_set, read_spans_of
from workforce.quality.consensus import Sides, disputed_consensus, sides_of
from workforce.quality.drawing import DrawnBox, boxes_at

#: As many drawings as a person looks through; the table has all rows.
DRAWN = 24
KINDS = {
    "only_a": "Only A",
    "only_b": "Only B",
    "switched": "Identity switched",
    "attribute": "Attribute differs",
    "event_only_a": "Event only in A",
    "event_only_b": "Event only in B",
}


def told(sides: Sides) -> list[dict[str, Any]]:
    """Disagreements in words of the sides: {"kind", "start", "end", "a", "b", "detail"}."""
    return [_of_sides(item, flipped=sides.flipped) for item in sides.row.disagreements]


def _of_sides(item: dict[str, Any], *, flipped: bool) -> dict[str, Any]:
    a, b = (item["second"], item["first"]) if flipped else (item["first"], item["second"])
    kind = item["kind"]
    if kind in {"missed", "extra"}:
        kind = "only_a" if a else "only_b"
    elif kind == "event":
        kind = "event_only_a" if a else "event_only_b"
    return {
        "kind": kind,
        "start": item["start"],
        "end": item["end"],
        "a": a,
        "b": b,
        "detail": item["detail"],
    }


def sides_json(sides: Sides) -> dict[str, Any]:
    """Both label sets in the wire form, how far they agree, and where they do not."""
    return {
        "agreement": sides.row.agreement,
        "disagreements": told(sides),
        **{
            name: {
                "tracks": [track.to_wire() for track in read_label_set(label_set)],
                "events": [span.to_wire() for span in read_spans_of(label_set)],
            }
            for name, label_set in (("a", sides.a), ("b", sides.b))
        },
    }


@dataclass(frozen=True, slots=True)
class Row:
    """A disagreement, and the boxes of both sides at its first frame where they are drawn."""

    kind: str
    start: int
    end: int
    detail: str
    boxes: list[DrawnBox]


def rows_of(sides: Sides) -> list[Row]:
    """Give every disagreement in words; the first ones with their boxes."""
    a, b = read_label_set(sides.a), read_label_set(sides.b)
    return [
        Row(
            KINDS[item["kind"]],
            item["start"],
            item["end"],
            item["detail"],
            [*boxes_at(a, item["start"], "a"), *boxes_at(b, item["start"], "b")]
            if number < DRAWN
            else [],
        )
        for number, item in enumerate(told(sides))
    ]


def open_sides(*, tenant: UUID, task_id: UUID) -> Sides:
    """Give the two sides of a task that waits for a third person. Raises NotFound."""
    with scope(tenant):
        row = disputed_consensus(task_id)
        if row is None:
            raise NotFound
        return sides_of(row)
