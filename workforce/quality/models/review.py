"""What reviewers decided, and what annotators say to it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned


class ReviewDecision(TenantOwned):
    """A reviewer accepted a label set, sent it back or mended it, with reasons pinned to frames."""

    append_only = True

    class Outcome(models.TextChoices):
        ACCEPT = "accept"
        SEND_BACK = "send_back"
        #: The reviewer mended the labels; what is accepted is the set of the next round.
        CORRECT = "correct"

    task = TenantForeignKey("tasks.Task", on_delete=models.PROTECT, related_name="reviews")
    label_set = TenantForeignKey("labels.LabelSet", on_delete=models.PROTECT, related_name="+")
    # The index on what they decided since an instant finds a reviewer's decisions as well.
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    outcome = models.CharField(max_length=16, choices=Outcome)
    #: [{"frame", "track" or null, "text", "kind" where it is a standard one}, ...]
    reasons = models.JSONField(default=list)
    decided_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("task"),
            tenant_reference("label_set"),
            models.UniqueConstraint(fields=["label_set"], name="quality_one_decision_a_set"),
        ]
        indexes = [models.Index(fields=["reviewer", "decided_at"], name="quality_decisions_of")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.task_id}"


class ReviewDispute(TenantOwned):
    """The author of what was sent back says why that is wrong; a third person decides.

    While it is open the task waits as it did before it was sent back.
    """

    class State(models.TextChoices):
        OPEN = "open"
        #: It was right to send it back.
        UPHELD = "upheld"
        #: It is accepted after all.
        OVERTURNED = "overturned"

    task = TenantForeignKey("tasks.Task", on_delete=models.PROTECT, related_name="disputes")
    decision = TenantForeignKey(ReviewDecision, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    #: As in the decision: the author's, then those of the third person.
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decider = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    raised_at = models.DateTimeField(default=now, editable=False)
    decided_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("task"),
            tenant_reference("decision"),
            models.UniqueConstraint(fields=["decision"], name="quality_one_dispute_a_decision"),
        ]

    def __str__(self) -> str:
        return f"dispute of {self.task_id}: {self.state}"
