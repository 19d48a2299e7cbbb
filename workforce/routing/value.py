"""What a piece of work is worth with a person: points for each reason, of 100, times the client's
weight. The planner adds them up; the board shows them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from core.clock import now
from core.tenancy.scope import scope
from core.tenancy.statements import run_prepared
from workforce.people.models import Worker
from workforce.quality.models import Trust
from workforce.quality.posterior import PRIOR, Posterior
from workforce.routing.eligibility import ME, PARTS, levels_in
from workforce.routing.models import ClientWeight
from workforce.tasks.models import QueueEntry

POINTS = {"deadline": 40.0, "cameras": 25.0, "trust": 20.0, "skill": 10.0, "priority": 5.0}
#: A slack of a day is worth 1/e of a deadline that is here.
SLACK = timedelta(days=1)
#: Somebody knows a camera whose work they handed in this recently.
RECENT = timedelta(days=14)

Floats = NDArray[np.float64]

# Entries that ask the same of people are answered once.
_ASKS = (
    "tenant_id", "vendor_id", "work", "excluded", "skill", "level", "certificate", "clearance",
    "language", "nda",
)  # fmt: skip
_WORK = " and ".join(part.sql for part in PARTS if part.of == "work" and part.name != "reserved")
_PAIRS = f"""
with me as materialized ({ME}),
q as materialized (select distinct on ({", ".join(_ASKS)}) * from tasks_queueentry
  where id = any(%(entries)s::uuid[]) order by {", ".join(_ASKS)}, id)
select q.id, array_agg(me.person) from q join me
  on me.member and me.active and (me.on_shift or not %(on_shift)s) and {_WORK} group by q.id"""  # noqa: S608 - made of constants

_PEOPLE = f"""
with me as ({ME})
select person, member and active and on_shift, tasks_at_once, in_hand, minutes_per_day,
  minutes_today, holds from me order by person"""  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class Hand:
    """A person of the vendor as the planner sees them."""

    person: UUID
    here: bool
    tasks_at_once: int
    in_hand: int
    minutes_per_day: int | None
    minutes_today: float
    levels: dict[str, int]

    @property
    def capacity(self) -> int:
        """How many reservations make sense now; whoever is full gets one to follow."""
        if not self.here:
            return 0
        if self.minutes_per_day is not None and self.minutes_today >= self.minutes_per_day:
            return 0
        return max(1, self.tasks_at_once - self.in_hand)


def hands_of(vendor: UUID) -> list[Hand]:
    """Read the vendor's people, in the order of their ids."""
    rows = run_prepared(_PEOPLE, {"vendor": vendor, "people": None, "now": now()})
    return [
        Hand(row[0], row[1], row[2], row[3], row[4], float(row[5]), levels_in(row[6]))
        for row in rows
    ]


def asks(entry: QueueEntry) -> tuple[Any, ...]:
    """Give what an entry asks of people: entries that ask the same are open to the same."""
    found = (getattr(entry, name) for name in _ASKS)
    return tuple(tuple(value) if isinstance(value, list) else value for value in found)


def open_to(
    vendor: UUID, entries: Sequence[QueueEntry], *, on_shift: bool = True
) -> dict[tuple[Any, ...], frozenset[UUID]]:
    """Say who may take what, by what it asks; reservations and hands that are full aside."""
    first = {asks(entry): entry for entry in entries}
    by_id = {entry.id: key for key, entry in first.items()}
    values = {
        "vendor": vendor,
        "people": None,
        "now": now(),
        "entries": [entry.id for entry in first.values()],
        "on_shift": on_shift,
    }
    rows = run_prepared(_PAIRS, values)
    return {by_id[entry]: frozenset(people) for entry, people in rows}


@dataclass(frozen=True, slots=True)
class Known:
    """What the vendor knows beside the queue: trust, cameras, and the weights of clients."""

    trust: dict[tuple[UUID, str], float]
    #: Who knows a camera; those that nobody knows are left out.
    cameras: Mapping[UUID, Collection[UUID]]
    weights: dict[UUID, float]


#: Parameters: people, cameras, since. An index leads to each pair, however much they did; the limit
#: keeps the database from reading all of it to join the pairs to.
_SEEN = """
select person, camera from unnest(%(people)s::uuid[]) person
cross join unnest(%(cameras)s::uuid[]) camera
cross join lateral (select from tasks_queueentry q where q.lessee = person
  and q.camera_id = camera and q.state = 'done' and q.finished_at > %(since)s limit 1) known"""


def known_to(vendor: UUID, entries: Iterable[QueueEntry] | None = None) -> Known:
    """Read trust as its 5 % quantile, who knows which camera, and the clients' weights.

    entries: if given, only their cameras are asked about.
    """
    with scope(vendor):
        people = list(Worker.objects.values_list("user_id", flat=True))
        return known_here(people, Trust.objects.all(), entries)


def known_here(
    people: Sequence[UUID], trust: Iterable[Trust], entries: Iterable[QueueEntry] | None = None
) -> Known:
    """As `known_to`, in the open scope of a vendor, of people and trust that were read."""
    since = now() - RECENT
    if entries is None:
        seen: Iterable[Any] = (
            QueueEntry.objects.filter(
                state=QueueEntry.State.DONE,
                finished_at__gt=since,
                camera_id__isnull=False,
                lessee__in=people,
            )
            .values_list("lessee", "camera_id")
            .distinct()
        )
    else:
        cameras = list({entry.camera_id for entry in entries if entry.camera_id})
        seen = run_prepared(_SEEN, {"people": list(people), "cameras": cameras, "since": since})
    knowing: dict[UUID, set[UUID]] = defaultdict(set)
    for person, camera in seen:
        knowing[camera].add(person)
    return Known(
        trust={
            (row.person_id, row.skill): Posterior(row.alpha, row.beta, row.gold_count).quantile(
                0.05
            )
            for row in trust
        },
        cameras=dict(knowing),
        weights=dict(ClientWeight.objects.values_list("client_id", "weight")),
    )


NEWCOMER = Posterior(*PRIOR, 0).quantile(0.05)


def points(entry: QueueEntry, hand: Hand, known: Known, at: datetime) -> dict[str, float]:
    """Give the points of each reason for this work with this person, weight included."""
    over = hand.levels.get(entry.skill, entry.level) - entry.level
    shares = {
        "deadline": urgency(entry.due_at, at),
        "cameras": float(_knows(known, hand, entry.camera_id)),
        "trust": known.trust.get((hand.person, entry.skill), NEWCOMER),
        # The work goes to whom it just fits; who can do more is kept for what needs more.
        "skill": 1 / (1 + max(over, 0)),
        "priority": (9 - entry.priority) / 9,
    }
    weight = known.weights.get(entry.tenant_id, 1.0)
    return {name: round(POINTS[name] * share * weight, 3) for name, share in shares.items()}


def _knows(known: Known, hand: Hand, camera: UUID | None) -> bool:
    return camera is not None and hand.person in known.cameras.get(camera, ())


def urgency(due_at: datetime | None, at: datetime) -> float:
    """1 for what is due, less by slack; 0 for what has no date."""
    if due_at is None:
        return 0.0
    return float(np.exp(-max(0.0, (due_at - at) / SLACK)))


def table(
    entries: Sequence[QueueEntry], hands: Sequence[Hand], known: Known, at: datetime
) -> Floats:
    """Give the sums of `points` for entries that ask the same: float64 (entries, hands)."""
    skill, level = entries[0].skill, entries[0].level
    person = np.array(
        [
            POINTS["trust"] * known.trust.get((hand.person, skill), NEWCOMER)
            + POINTS["skill"] / (1 + max(hand.levels.get(skill, level) - level, 0))
            for hand in hands
        ]
    )
    work = np.array(
        [
            POINTS["deadline"] * urgency(entry.due_at, at)
            + POINTS["priority"] * (9 - entry.priority) / 9
            for entry in entries
        ]
    )
    cameras: dict[UUID | None, Floats] = {
        camera: np.array([float(_knows(known, hand, camera)) for hand in hands])
        if camera in known.cameras
        else np.zeros(len(hands))
        for camera in {entry.camera_id for entry in entries}
    }
    same = np.stack([cameras[entry.camera_id] for entry in entries])
    weight = known.weights.get(entries[0].tenant_id, 1.0)
    total: Floats = (work[:, None] + person[None, :] + POINTS["cameras"] * same) * weight
    return total
