"""Lots under acceptance sampling, and how strictly a supplier's lots are inspected."""

from __future__ import annotations

from django.db import models

from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned


class InspectionState(TenantOwned):
    """`workforce.quality.sampling.switching.Inspection` of one vendor in one project."""

    project = TenantForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    #: None for the client's own people.
    vendor_id = models.UUIDField(null=True)
    severity = models.CharField(max_length=12, default="normal")
    recent = models.JSONField(default=list)
    accepted_running = models.PositiveSmallIntegerField(default=0)
    rejected = models.PositiveSmallIntegerField(default=0)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("project"),
            models.UniqueConstraint(
                fields=["project", "vendor_id"],
                name="quality_one_inspection_a_supplier",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.severity} inspection of {self.vendor_id} in {self.project_id}"


class Lot(TenantOwned):
    """What one vendor handed in for one project, inspected as one."""

    class State(models.TextChoices):
        OPEN = "open"
        INSPECTING = "inspecting"
        ACCEPTED = "accepted"
        REJECTED = "rejected"
        #: Nothing of it was left when it closed: its footage was erased.
        VOID = "void"

    project = TenantForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    vendor_id = models.UUIDField(null=True)
    #: Counts the vendor's lots in the project from 1.
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    #: Set when it closes: the plan, and what it was chosen by.
    severity = models.CharField(max_length=12, blank=True)
    aql = models.CharField(max_length=5, blank=True)
    level = models.CharField(max_length=3, blank=True)
    letter = models.CharField(max_length=1, blank=True)
    size = models.PositiveIntegerField(default=0)
    sample_size = models.PositiveIntegerField(default=0)
    acceptance_number = models.PositiveIntegerField(default=0)
    nonconforming = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(default=now, editable=False)
    closed_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("project"),
            models.UniqueConstraint(
                fields=["project", "vendor_id", "number"],
                name="quality_lot_number",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["project", "vendor_id"],
                name="quality_one_open_lot",
                condition=models.Q(state="open"),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"lot {self.number} of {self.project_id}: {self.state}"


class LotItem(TenantOwned):
    """A submission in a lot. Unless it is sampled, it waits for what the sample says."""

    lot = TenantForeignKey(Lot, on_delete=models.CASCADE, related_name="items")
    task = TenantForeignKey("tasks.Task", on_delete=models.PROTECT, related_name="+")
    label_set = TenantForeignKey("labels.LabelSet", on_delete=models.PROTECT, related_name="+")
    sampled = models.BooleanField(default=False)
    #: What review said of a sampled one; None until then.
    accepted = models.BooleanField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("lot"),
            tenant_reference("task"),
            tenant_reference("label_set"),
            models.UniqueConstraint(fields=["label_set"], name="quality_in_one_lot"),
        ]

    def __str__(self) -> str:
        return f"{self.label_set_id} in {self.lot_id}"
