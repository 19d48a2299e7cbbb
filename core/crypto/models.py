"""Keys of organizations, wrapped. No row holds a key that opens anything by itself."""

from django.db import models

from core.clock import now
from core.tenancy.models import TenantOwned


class TenantKey(TenantOwned):
    """One version of an organization's key, sealed under a root key.

    The highest version wraps new data keys; earlier ones unwrap until all is re-wrapped.
    """

    version = models.PositiveIntegerField()
    sealed = models.BinaryField(max_length=61)
    commitment = models.BinaryField(max_length=32)
    root_key = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "version"], name="crypto_one_key_a_version"),
        ]

    def __str__(self) -> str:
        return f"key {self.version} of {self.tenant_id}"
