"""Why a reviewer sees a piece of work, and how its lot stands."""

from __future__ import annotations

from dataclasses import dataclass

from workforce.labels.store import latest_label_set
from workforce.quality.disputes import open_dispute
from workforce.quality.models import Lot, LotItem
from workforce.quality.policies import policy_of
from workforce.tasks.models import Task


@dataclass(frozen=True, slots=True)
class Sampled:
    """`why` names the rule in a few words; a lot's numbers are there where it is in one."""

    why: str
    text: str
    lot: Lot | None = None
    #: How many of the sample a reviewer has decided on.
    looked_at: int = 0

    @property
    def left(self) -> int:
        """How many of the sample wait still, this one among them."""
        return self.lot.sample_size - self.looked_at if self.lot else 0


def why_reviewed(task: Task) -> Sampled:
    """Say why a task is in review, in the open scope."""
    if open_dispute(task.id) is not None:
        return Sampled(
            "A dispute", "Its author says it was wrong to send it back. What you decide stands."
        )
    label_set = latest_label_set(task.id)
    item = LotItem.objects.select_related("lot").filter(label_set=label_set).first()
    if item is not None:
        return _of_lot(item)
    if task.rounds > 1:
        return Sampled("It came round again", "What was sent back is always looked at.")
    policy = policy_of(task.project_id)
    if policy.sampling == policy.Sampling.ISO2859:
        return Sampled("Everything is inspected", "Inspection by lots is discontinued here.")
    share = round(task.project.review_share * 100)
    if share == 100:
        return Sampled("Everything is reviewed", "All that is handed in here is looked at.")
    return Sampled("Drawn by chance", f"{share} % of what is handed in here is looked at.")


def _of_lot(item: LotItem) -> Sampled:
    lot = item.lot
    seen = lot.items.filter(sampled=True, accepted__isnull=False).count()
    if not item.sampled:
        return Sampled(
            f"The rest of lot {lot.number}",
            "Its sample was not good enough, so all of it is looked at.",
            lot,
            seen,
        )
    allowed = lot.acceptance_number
    text = (
        f"The lot passes with at most {allowed} of {lot.sample_size} not right."
        if allowed
        else "One that is not right sends all of the lot to review."
    )
    return Sampled(f"Sample of lot {lot.number}", text, lot, seen)
