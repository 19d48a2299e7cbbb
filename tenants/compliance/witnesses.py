"""Cosignatures that witnesses hand in."""

from datetime import UTC, datetime
from uuid import UUID

from core.access.actors import Actor
from core.audit import notes
from core.audit.cosignatures import WitnessKey, open_cosignature
from core.audit.tree import checkpoint_of
from core.errors import Conflict, Invalid
from core.tenancy.scope import scope
from tenants.compliance.models import Cosignature

#: Keys that may cosign one checkpoint: more than any log has witnesses.
MAX_KEYS = 16


def add_cosignature(
    *, actor: Actor, tenant: UUID, size: int, key: str, signature: str
) -> Cosignature:
    """Keep a cosignature beside its checkpoint; the same one again changes nothing.

    Raises NotFound without such a checkpoint, Invalid for a key or signature that does not verify,
    Conflict where too many have cosigned it.
    """
    witness = WitnessKey.parse(key)
    assert actor.id is not None
    with scope(tenant):
        head = notes.Checkpoint.parse(checkpoint_of(size).note.partition("\n\n")[0] + "\n")
        try:
            seconds = open_cosignature(signature, head, witness)
            cosigned_at = datetime.fromtimestamp(seconds, UTC)
        except (notes.NoteInvalid, ValueError, OverflowError, OSError) as error:
            raise Invalid(
                f"It is no cosignature of this key over checkpoint {size}: {error}",
                field="signature",
            ) from error
        known = Cosignature.objects.filter(size=size)
        found: Cosignature | None = known.filter(key=str(witness)).first()
        if found is not None:
            return found
        if known.count() >= MAX_KEYS:
            raise Conflict(f"Checkpoint {size} has {MAX_KEYS} cosignatures; that is the limit.")
        made: Cosignature = Cosignature.objects.create(
            tenant_id=tenant,
            size=size,
            key=str(witness),
            line=signature.rstrip("\n"),
            cosigned_at=cosigned_at,
            posted_by=actor.id,
        )
        return made


def cosignatures_of(sizes: list[int]) -> dict[int, list[Cosignature]]:
    """Read the cosignatures of checkpoints, by size. Needs the open scope."""
    found: dict[int, list[Cosignature]] = {}
    for row in Cosignature.objects.filter(size__in=sizes).order_by("created_at", "id"):
        found.setdefault(row.size, []).append(row)
    return found
