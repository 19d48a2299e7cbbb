"""Entries of a log as people read them: who, what, which frames, why."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.audit.models import AuditEntry
from core.tenancy.scope import scope
from tenants.compliance.filters import lookups
from tenants.intake.models import Clip

#: Facets count the newest entries that a query selects, so that a log of millions stays quick.
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """An entry on one line."""

    id: str
    index: int | None
    time: datetime
    action: str
    #: Empty for a part of the system, which has a name and no account.
    actor_id: str
    who: str
    subject: str
    subject_kind: str
    subject_id: str
    what: str
    frames: str
    purpose: str


def frames_of(details: Mapping[str, Any]) -> str:
    """Write the frames that an entry names: groups of pictures as ranges, single frames as such.

    A dispute names frames of several clips, each with its clip.
    """
    groups = details.get("gops")
    if isinstance(groups, list):
        return _ranges((int(first), int(last)) for first, last in groups)
    frames = details.get("frames")
    if isinstance(frames, list):
        numbers = [int(frame[1] if isinstance(frame, list) else frame) for frame in frames]
        return _ranges((number, number) for number in numbers)
    return ""


def _ranges(pairs: Iterable[tuple[int, int]]) -> str:
    joined: list[list[int]] = []
    for first, last in sorted(pairs):
        if joined and first <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    return ", ".join(f"{a:,}" if a == b else f"{a:,}\u2013{b:,}" for a, b in joined)


def rows_of(tenant: UUID, results: list[dict[str, Any]], reader: UUID) -> list[Row]:
    """Make rows of entries as `reading.read_page` gives them.

    People stand under their ids, which are stable pseudonyms; `reader` sees which are their own.
    """
    names = clip_names(tenant, [found["entry"]["subject"] for found in results])
    return [_row(found, names, reader) for found in results]


def clip_names(tenant: UUID, subjects: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Give the filenames of the clips among subjects of entries, by id."""
    wanted = {subject["id"] for subject in subjects if subject["kind"] == "clip"}
    with scope(tenant):
        found = Clip.objects.filter(id__in=wanted).values_list("id", "filename")
        return {str(clip): filename for clip, filename in found}


def _row(found: Mapping[str, Any], names: Mapping[str, str], reader: UUID) -> Row:
    entry = found["entry"]
    actor, subject, details = entry["actor"], entry["subject"], entry["details"]
    is_person = actor["kind"] == "person"
    return Row(
        id=entry["id"],
        index=found["index"],
        time=datetime.fromisoformat(entry["time"]),
        action=entry["action"],
        actor_id=actor["id"] if is_person else "",
        who=who(actor, reader),
        subject=f"{subject['kind']}:{subject['id']}",
        subject_kind=subject["kind"].replace("_", " "),
        subject_id=subject["id"],
        # A log has one subject of its own kind: itself.
        what="" if subject["kind"] == "log" else names.get(subject["id"], subject["id"][:8]),
        frames=frames_of(details),
        purpose=str(details.get("purpose") or ""),
    )


def who(actor: Mapping[str, str], reader: UUID) -> str:
    """Name the one who acted, without a name."""
    if actor["kind"] != "person":
        return actor["id"]
    return "You" if actor["id"] == str(reader) else f"Person {actor['id'][:8]}"


@dataclass(frozen=True, slots=True)
class Facet:
    """An action among the filters; `share` of the most frequent one, 0 to 1."""

    action: str
    count: int
    share: float
    chosen: bool


def facets(tenant: UUID, asked: dict[str, Any]) -> list[Facet]:
    """Count actions among the newest entries that the other filters select."""
    chosen = set(asked["action"].split(",")) if "action" in asked else set()
    where = lookups({name: value for name, value in asked.items() if name != "action"})
    with scope(tenant):
        newest = AuditEntry.objects.filter(**where).order_by("-time", "-id")
        counts = Counter(newest.values_list("action", flat=True)[:COUNTED])
    counts.update(dict.fromkeys(chosen - counts.keys(), 0))
    most = max(counts.values(), default=0) or 1
    return [
        Facet(action, count, count / most, action in chosen)
        for action, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
