"""Entries of a log as people read them: who, what, which frames, why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.access.permissions import Role
from tenants.compliance.names import names_of, person_name, subject_name
from tenants.compliance.roles import WORDS, roles_here


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
    #: What that person is here today; empty for a part of the system and for somebody who left.
    role: str
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


def rows_of(
    tenant: UUID,
    results: list[dict[str, Any]],
    reader: UUID,
    known: Mapping[UUID, Role] | None = None,
) -> list[Row]:
    """Make rows of entries as `reading.read_page` gives them.

    People stand under their ids, which are stable pseudonyms; `reader` sees which are their own.
    known: the roles of the people here, where they were read.
    """
    subjects = [found["entry"]["subject"] for found in results]
    names = names_of(tenant, {(subject["kind"], subject["id"]) for subject in subjects})
    here = roles_here(tenant) if known is None else known
    roles = {str(user): WORDS[role] for user, role in here.items()}
    return [_row(found, names, roles, reader) for found in results]


def _row(
    found: Mapping[str, Any],
    names: dict[tuple[str, str], str],
    roles: Mapping[str, str],
    reader: UUID,
) -> Row:
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
        role=roles.get(actor["id"], "") if is_person else "",
        subject=f"{subject['kind']}:{subject['id']}",
        subject_kind=subject["kind"].replace("_", " "),
        subject_id=subject["id"],
        what=subject_name(subject["kind"], subject["id"], names),
        frames=frames_of(details),
        purpose=str(details.get("purpose") or ""),
    )


def who(actor: Mapping[str, str], reader: UUID) -> str:
    """Name the one who acted, without a name."""
    return person_name(actor["id"], reader) if actor["kind"] == "person" else actor["id"]
