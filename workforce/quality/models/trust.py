"""What a vendor knows of its people's work, and expects of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.clock import now
from core.tenancy.models import TenantOwned


class Evidence(TenantOwned):
    """What a vendor knows of a score: the outcome, without the client's footage or frames."""

    append_only = True

    #: A Score in the client's scope; no foreign key, because it is another tenant's row.
    score_id = models.UUIDField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    skill = models.CharField(max_length=32)
    passed = models.BooleanField()
    #: Of boxes; None where tracks are linked.
    hota = models.FloatField(null=True)
    loc_a = models.FloatField(null=True)
    idf1 = models.FloatField(null=True)
    #: As in the score.
    gates = models.JSONField(default=dict)
    scored_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "score_id"], name="quality_evidence_once"),
        ]
        indexes = [models.Index(fields=["person", "skill"], name="quality_evidence_of")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.skill} {'passed' if self.passed else 'failed'}"


class Trust(TenantOwned):
    """What a vendor may expect of a person in a skill: a Beta posterior over passing gold.

    A cache: `workforce.quality.trust.recompute` gives it back from the evidence.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    skill = models.CharField(max_length=32)
    alpha = models.FloatField()
    beta = models.FloatField()
    gold_count = models.PositiveIntegerField()
    gated = models.BooleanField(default=False)
    #: Evidence from before this instant no longer counts: the skill was reinstated.
    since = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(default=now)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(
                fields=["tenant", "person", "skill"], name="quality_one_trust_a_skill"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.skill}"
