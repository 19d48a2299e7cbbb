"""Secrets of second steps, sealed: seeds of authenticator apps and of recovery codes.

allauth's hook knows no owner, so a seal names its purpose and not its person: who may write to the
database can put one person's seal in another's row, and could as well take the row away.
"""

from collections.abc import Iterator
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Manager, QuerySet

from core.crypto.kms import root_keys
from core.crypto.texts import is_sealed, moved_text, open_text, seal_text

PURPOSE: Final = "second factor"
#: Where each kind keeps its secret. Passkeys keep none: what they leave here is public.
SECRETS: Final = {
    Authenticator.Type.TOTP.value: "secret",
    Authenticator.Type.RECOVERY_CODES.value: "seed",
}


def seal(secret: str) -> str:
    """Seal a secret for the database."""
    return seal_text(secret, purpose=PURPOSE)


def unseal(sealed: str) -> str:
    """Give a secret back. Raises IntegrityFailed for one that is not sealed or does not open."""
    return open_text(sealed, purpose=PURPOSE)


def count_to_move() -> int:
    """Count the secrets that do not lie under the active root key."""
    return sum(rows.count() for _, rows in _to_move(Authenticator.objects))


def move_to_active_root(rows: "Manager[Any] | QuerySet[Any] | None" = None) -> int:
    """Seal all secrets under the active root key, those that lie open too; give how many moved.

    rows: all second factors, where they are not those of the default database.
    """
    rows = Authenticator.objects if rows is None else rows
    ids = [(name, pk) for name, left in _to_move(rows) for pk in left.values_list("pk", flat=True)]
    return sum(_move(rows, name, pk) for name, pk in ids)


def _to_move(rows: "Manager[Any] | QuerySet[Any]") -> "Iterator[tuple[str, QuerySet[Any]]]":
    active = f".{root_keys().active}"
    for kind, name in SECRETS.items():
        yield name, rows.filter(type=kind).exclude(**{f"data__{name}__endswith": active})


def _move(rows: "Manager[Any] | QuerySet[Any]", name: str, pk: int) -> bool:
    """Seal one row anew, locked: a recovery code that is used meanwhile stays used."""
    with transaction.atomic(using=rows.db):
        row: Any = rows.select_for_update().filter(pk=pk).first()
        if row is None:
            return False
        held = row.data[name]
        row.data[name] = moved_text(held, purpose=PURPOSE) if is_sealed(held) else seal(held)
        row.save(update_fields=["data"])
    return True
