"""The time zone that a person reads times in."""

from functools import cache
from zoneinfo import available_timezones

from core.access.actors import Actor
from core.accounts.models import Person
from core.audit.log import record
from core.errors import Invalid
from core.tenancy.provider import provider
from core.tenancy.scope import scope

#: Names of places, and UTC; the rest of the database are old names and abbreviations.
_PLACES = (
    "Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/",
    "Pacific/",
)  # fmt: skip


@cache
def zones() -> list[str]:
    """List the zones to choose from."""
    return ["UTC", *sorted(z for z in available_timezones() if z.startswith(_PLACES))]


def set_time_zone(*, person: Person, zone: str) -> None:
    """Show this person times in `zone` from now on. Raises Invalid for a name that there is not."""
    if zone not in available_timezones():
        raise Invalid("Choose a time zone from the list.", field="zone")
    owner = provider()
    with scope(owner.id):
        Person.objects.filter(id=person.id).update(time_zone=zone)
        record(
            action="person.time_zone.set",
            actor=Actor.person(person),
            tenant=owner.id,
            subject=("person", person.id),
        )
    person.time_zone = zone
