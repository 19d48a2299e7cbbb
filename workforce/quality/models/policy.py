"""How strictly a project's work is measured and inspected."""

from __future__ import annotations

from django.db import models

from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned


class QualityPolicy(TenantOwned):
    """How strictly a project's work is measured."""

    class Sampling(models.TextChoices):
        SHARE = "share"
        ISO2859 = "iso2859"

    project = TenantForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    #: HOTA from which gold counts as passed.
    pass_mark = models.FloatField(default=0.7)
    #: Least values of single parts where they differ from `workforce.quality.gates.DEFAULT_MARKS`.
    marks = models.JSONField(default=dict)
    #: Gold that so many people have had is retired: by then somebody may have told of it.
    max_exposures = models.PositiveIntegerField(default=50)
    #: Share of leases that become gold: between these, the less is known of a person the more.
    gold_rate_min = models.FloatField(default=0.05)
    gold_rate_max = models.FloatField(default=0.5)

    #: How much of what is handed in a reviewer looks at: the project's share of all, or a sample of
    #: each lot by ISO 2859-1, single sampling, with this AQL (bad items of a hundred) and level.
    sampling = models.CharField(max_length=8, choices=Sampling, default=Sampling.SHARE)
    aql = models.CharField(max_length=5, default="2.5")
    level = models.CharField(max_length=3, default="II")
    #: A lot closes with so many submissions, or so many hours after its first.
    lot_size = models.PositiveIntegerField(default=50)
    lot_hours = models.PositiveIntegerField(default=24)

    #: Share of submissions that are labelled a second time unseen, and how well both must agree.
    consensus_share = models.FloatField(default=0)
    consensus_mark = models.FloatField(default=0.8)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("project"),
            models.UniqueConstraint(fields=["project"], name="quality_policy_once_a_project"),
        ]

    def __str__(self) -> str:
        return f"policy of {self.project_id}"
