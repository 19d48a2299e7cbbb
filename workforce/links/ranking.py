"""In which order candidates are shown: a simple measure, so that people can tell why.

    likeness = 0.5 time + 0.2 place + 0.2 attributes + 0.1 size, each from 0 to 1

time: exp(-gap / 10 min) between the two sightings, 0 where the clock is not known. place: 1 at one
site, 0 at two, 0.5 where it is not known. attributes: share of the values that both have which are
the same, 0.5 where there are none. size: the smaller height in pixels through the larger, which
tells little between cameras and more within one. A pair that would be in two places at once
comes after all others. Tracks of other labels are no candidates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp
from typing import Any
from uuid import UUID

from workforce.links.identities import Ref, SharedViews, Sighting, in_two_places

#: Seconds after which a gap in time speaks 1/e as much for one object.
FADES = 600.0
#: Candidates of one track; what ranks lower is not shown.
MOST = 24


@dataclass(frozen=True, slots=True)
class Place:
    """What a candidate is measured by. height: in pixels."""

    ref: Ref
    label: str
    attributes: Mapping[str, Any]
    height: float
    site: UUID | None


def likeness(a: Place, b: Place, sightings: Mapping[Ref, Sighting]) -> float:
    """How much speaks for one object, 0 to 1, as this file says."""
    gap = _gap(sightings[a.ref].times, sightings[b.ref].times)
    time = 0.0 if gap is None else exp(-gap / FADES)
    place = 0.5 if a.site is None or b.site is None else float(a.site == b.site)
    common = a.attributes.keys() & b.attributes.keys()
    same = sum(a.attributes[key] == b.attributes[key] for key in common)
    attributes = same / len(common) if common else 0.5
    larger = max(a.height, b.height)
    size = min(a.height, b.height) / larger if larger else 0.0
    return 0.5 * time + 0.2 * place + 0.2 * attributes + 0.1 * size


def _gap(
    a: Sequence[tuple[datetime, datetime]], b: Sequence[tuple[datetime, datetime]]
) -> float | None:
    """Seconds between the sightings; 0 where they overlap."""
    gaps = [max((x[0] - y[1]).total_seconds(), (y[0] - x[1]).total_seconds()) for x in a for y in b]
    return max(0.0, min(gaps)) if gaps else None


def ranked(
    subject: Place,
    others: Sequence[Place],
    sightings: Mapping[Ref, Sighting],
    shared: SharedViews = frozenset(),
) -> list[Place]:
    """At most MOST of the others that may be the subject, the likeliest first.

    A track that is seen beside the subject in one picture is another object, and left out.
    """
    candidates = []
    for other in others:
        if other.ref == subject.ref or other.label != subject.label:
            continue
        impossible = in_two_places(subject.ref, other.ref, sightings, shared)
        if impossible and other.ref[0] == subject.ref[0]:
            continue
        candidates.append((impossible, -likeness(subject, other, sightings), other.ref, other))
    return [row[-1] for row in sorted(candidates, key=lambda row: row[:3])[:MOST]]
