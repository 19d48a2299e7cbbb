"""Personal values of the log: disclosing and erasing them."""

from collections.abc import Sequence
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.audit.models import AuditEntry, PersonalValue
from core.tenancy.scope import scope


def values_of(entries: Sequence[UUID]) -> dict[UUID, list[PersonalValue]]:
    """Read the values that are left of entries, by rising name. Needs the open scope."""
    found: dict[UUID, list[PersonalValue]] = {}
    for value in PersonalValue.objects.filter(entry_id__in=entries).order_by("name"):
        found.setdefault(value.entry_id, []).append(value)
    return found


def erase_person(*, actor: Actor, tenant: UUID, person: UUID) -> int:
    """Erase a person's name, and its salts, from a tenant's log; give how many values went.

    Entries stay, their proofs hold, and their commitments tell nothing any more.
    """
    with scope(tenant):
        erased, _ = PersonalValue.objects.filter(person_id=person).delete()
        record(
            action="log.personal.erase",
            actor=actor,
            tenant=tenant,
            subject=("person", person),
            details={"values": erased},
        )
    return erased


def erase_values(*, tenant: UUID, name: str, subjects: Sequence[UUID]) -> int:
    """Erase the values of one name from all entries about the subjects; give how many went.

    In the caller's transaction, whose own entry says why.
    """
    with scope(tenant):
        about = AuditEntry.objects.filter(subject_id__in=[str(subject) for subject in subjects])
        values = PersonalValue.objects.filter(name=name, entry_id__in=about.values("id"))
        erased, _ = values.delete()
    return erased
