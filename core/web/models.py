"""Answers that are kept for a day, so that a request that is sent again does nothing twice."""

from django.db import models

from core.clock import now
from core.tenancy.models import TenantOwned


class KeptAnswer(TenantOwned):
    """The answer to one request with an Idempotency-Key; without `status` it is under way."""

    #: The token or the person that the key is of.
    caller = models.UUIDField()
    key = models.CharField(max_length=200)
    #: SHA-256 of method, address and body.
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(
                fields=["tenant", "caller", "key"], name="web_one_answer_a_key"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "created_at"], name="web_answers_by_age")]

    def __str__(self) -> str:
        return f"{self.key}: {self.status or 'under way'}"
