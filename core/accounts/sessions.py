"""Where a person is signed in: a list in words, and ending one or all others."""

import re
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from allauth.usersessions.models import UserSession

from core.access.actors import Actor
from core.accounts.models import Person
from core.audit.log import record
from core.errors import NotFound
from core.tenancy.provider import provider
from core.tenancy.scope import scope

_BROWSERS = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
]
_SYSTEMS = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
]


@dataclass(frozen=True, slots=True)
class Place:
    """One session as its owner reads it."""

    id: int
    device: str
    place: str
    since: datetime
    last_used: datetime
    current: bool


def device_of(user_agent: str) -> str:
    """Name browser and system of a User-Agent header; a program by its own first word."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    program = re.match(r"[\w.-]+", user_agent)
    return browser or system or (f"Program {program[0]}" if program else "Unknown device")


def place_of(address: str) -> str:
    """Say in words where a network address is. No address is looked up anywhere."""
    try:
        network = ip_address(address)
    except ValueError:
        return "Unknown network"
    if network.is_loopback:
        return "This machine"
    if network.is_private or network.is_link_local:
        return f"Local network, {address}"
    return f"Internet, {address}"


def places_of(person: Person, session_key: str | None) -> list[Place]:
    """List the live sessions of a person, the current one first, then by last use."""
    rows = UserSession.objects.purge_and_list(person)
    places = [
        Place(
            row.pk,
            device_of(row.user_agent),
            place_of(row.ip),
            row.created_at,
            row.last_seen_at,
            row.session_key == session_key,
        )
        for row in rows
    ]
    return sorted(places, key=lambda place: (not place.current, -place.last_used.timestamp()))


def end_sessions(*, person: Person, actor: Actor, keep: str | None, only: int | None = None) -> int:
    """End one session of a person, or all but the one with the key `keep`; give how many ended.

    Raises NotFound where `only` is none of theirs.
    """
    rows = UserSession.objects.filter(user=person)
    rows = rows.filter(pk=only) if only is not None else rows.exclude(session_key=keep)
    ended = list(rows)
    if only is not None and not ended:
        raise NotFound
    owner = provider()
    with scope(owner.id):
        for row in ended:
            row.end()
            record(
                action="session.revoked",
                actor=actor,
                tenant=owner.id,
                subject=("person", person.id),
                personal={"network": row.ip, "device": device_of(row.user_agent)},
            )
    return len(ended)
