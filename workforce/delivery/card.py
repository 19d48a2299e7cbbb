"""The card of a dataset version: how much is in it, how good it is, what masking left."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from workforce.delivery.models import Release
from workforce.quality import insight
from workforce.quality.insight import Rate

#: Labels that the card names, those with most errors first.
LABELS = 5


@dataclass(frozen=True, slots=True)
class Left:
    """What the independent detector still saw of one subject, in all clips of the version."""

    subject: str
    tracks: int
    never_exposed: int
    hits: int
    exposed: int
    longest_seconds: float

    @property
    def share(self) -> float | None:
        """Share of tracks that are never exposed, 0 to 1; None where there is nothing to hide."""
        return self.never_exposed / self.tracks if self.tracks else None


@dataclass(frozen=True, slots=True)
class Card:
    #: What is billed by, without its hours, which `seconds` says.
    totals: Mapping[str, Decimal]
    seconds: float
    tracks: int
    events: int
    #: Where two tasks meet and nobody was sure whether it is one object.
    undecided: int
    late: int
    left: list[Left]
    overall: Rate | None
    #: Of wrong boxes: over all, then the labels with most of them.
    rates: list[Rate]

    @property
    def most(self) -> float:
        return max((row.high or row.rate for row in self.rates), default=1.0) or 1.0


def card_of(release: Release) -> Card:
    """Read a version's card, in the open scope. Its labels were measured on gold, not all seen."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for units in release.units.values():
        for unit, quantity in units.items():
            totals[unit] += Decimal(quantity)
    manifest = release.manifest or {}
    clips = manifest.get("clips", [])
    overall, _, labels = insight.rates(insight.measured_scores(release.project_id))
    rows = [replace(overall, name="All boxes"), *labels[:LABELS]] if overall else []
    return Card(
        seconds=float(totals.pop("hour", Decimal()) * 3600),
        totals=dict(totals),
        tracks=sum(len(clip.get("tracks", [])) for clip in clips),
        events=sum(len(clip.get("events", [])) for clip in clips),
        undecided=sum(len(clip.get("undecided_seams", [])) for clip in clips),
        late=sum(1 for clip in clips if not clip["sla"]["met"]),
        left=[_left(name, told) for name, told in _residual(manifest).items()],
        overall=overall,
        rates=rows,
    )


def _residual(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = manifest.get("release", {}).get("residual", {})
    return found


def _left(name: str, told: Mapping[str, Any]) -> Left:
    return Left(
        subject=name,
        tracks=told.get("tracks", 0),
        never_exposed=told.get("tracks_never_exposed", 0),
        hits=told.get("hits", 0),
        exposed=told.get("exposed", 0),
        longest_seconds=told.get("longest_exposed_seconds", 0.0),
    )
