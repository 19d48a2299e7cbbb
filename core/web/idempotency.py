"""`Idempotency-Key` on POST (draft-ietf-httpapi-idempotency-key-header): done once, answered twice.

The key is claimed in a transaction of its own before the act, and the answer is kept after it. A
process that dies between the two leaves a claim: whether the act was done is then for the caller to
look up, and this says so instead of guessing. An act that failed keeps nothing, and may be sent
again with the same key.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.clock import now
from core.errors import Conflict, Invalid, KeyReused
from core.ids import new_id
from core.outbox.periodic import every
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from core.web.models import KeptAnswer

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT: Final = timedelta(hours=24)
#: No request is under way for longer: the role's transactions end after 30 s.
LONGEST: Final = timedelta(minutes=2)
LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Claim:
    """A key of one caller in one organization, and what was sent with it."""

    tenant: UUID
    caller: UUID
    key: str
    fingerprint: bytes

    @classmethod
    def of(cls, request: Request, *, tenant: UUID, caller: UUID) -> "Claim":
        """Read a request's key. Raises Invalid for one that is none."""
        key = request.headers[HEADER].strip().strip('"')
        if not 1 <= len(key) <= LENGTH or not key.isascii() or not key.isprintable():
            raise Invalid(f"{HEADER} is 1 to {LENGTH} printable characters.", field=HEADER)
        asked = request._request
        sent = hashlib.sha256(f"{asked.method} {asked.get_full_path()}\n".encode())
        sent.update(asked.body)
        return cls(tenant, caller, key, sent.digest())

    def take(self) -> KeptAnswer | None:
        """Claim the key, or give the answer that is kept under it.

        Raises KeyReused where it was used for something else, Conflict while the first request is
        under way, and where nobody knows how that ended.
        """
        with scope(self.tenant):
            KeptAnswer.objects.filter(created_at__lt=now() - KEPT, caller=self.caller).delete()
            if self._inserted():
                return None
            kept = KeptAnswer.objects.get(caller=self.caller, key=self.key)
        if bytes(kept.fingerprint) != self.fingerprint:
            raise KeyReused(
                "This Idempotency-Key was sent with another request. Use a new one for each act.",
                field=HEADER,
            )
        if kept.status is None and kept.created_at < now() - LONGEST:
            raise Conflict(
                "The first request with this Idempotency-Key was cut off, and whether it was done "
                "is not known. Look, and use a new key if it was not."
            )
        if kept.status is None:
            raise Conflict("The first request with this Idempotency-Key is under way. Ask later.")
        return kept

    def _inserted(self) -> bool:
        row = KeptAnswer(
            id=new_id(),
            tenant_id=self.tenant,
            caller=self.caller,
            key=self.key,
            fingerprint=self.fingerprint,
        )
        KeptAnswer.objects.bulk_create([row], ignore_conflicts=True)
        return KeptAnswer.objects.filter(id=row.id).exists()

    def keep(self, status: int, body: bytes) -> None:
        with scope(self.tenant):
            rows = KeptAnswer.objects.filter(caller=self.caller, key=self.key)
            rows.update(status=status, body=body)

    def give_up(self) -> None:
        with scope(self.tenant):
            KeptAnswer.objects.filter(caller=self.caller, key=self.key, status=None).delete()


def once(claim: Claim, act: Callable[[], Response]) -> HttpResponse | Response:
    """Do `act` if the key is new, else give the answer of then. Raises as take and `act`."""
    kept = claim.take()
    if kept is not None:
        assert kept.status is not None
        again = HttpResponse(
            bytes(kept.body) or b"", status=kept.status, content_type="application/json"
        )
        again[REPLAYED] = "true"
        return again
    try:
        answer = act()
    except BaseException:
        if connection.is_usable():
            claim.give_up()
        raise
    body = b"" if answer.data is None else JSONRenderer().render(answer.data)
    claim.keep(answer.status_code, body)
    return answer


@every(3600)
def forget() -> None:
    """Delete answers that are older than a day."""
    for tenant in Organization.objects.values_list("id", flat=True):
        with scope(tenant):
            KeptAnswer.objects.filter(created_at__lt=now() - KEPT).delete()
