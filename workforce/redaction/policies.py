"""What a project hides, how, and how much may be left: numbered versions, of which none changes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Conflict, Invalid
from core.media.render import MODES
from core.media.tags import TAGS
from core.tenancy.scope import scope
from tenants.contracts.services import terms_in_force
from tenants.projects.services import get_project
from workforce.redaction.detectors.recipe import Mode, Subject
from workforce.redaction.models import RedactionPolicy

#: Growth of each side length of what was found: below a tenth a box that trembles shows its face,
#: above 1 a crowd is one patch.
PADDING = (0.1, 1.0)
CLEARANCE = re.compile(r"[\w.-]{1,63}")


@dataclass(frozen=True, slots=True)
class Policy:
    """What is hidden and how, how thoroughly it is looked for, and what becomes of the sound.

    overlays: boxes [x1, y1, x2, y2] in source pixels of writing that is no plate. padding: growth
    of each side (0.35 makes 100 px into 135 px). least_score: hits below are not believed.
    most_exposed_share, most_exposed_seconds: a release is refused when the residual of any subject
    is larger; None sets no limit. check_required: a copy that nobody checked is held back.
    checkers: admins, reviewers (of an engaged vendor) or both; a reviewer needs check_clearance.
    keep_tags: what the copy may say of its recording: time, place, device.
    """

    faces: bool = True
    plates: bool = True
    heads: bool = False
    audio: str = "keep"
    mode: str = "quality"
    cover: str = "blur"
    padding: float = 0.35
    least_score: float = 0.0
    most_exposed_share: float | None = None
    most_exposed_seconds: float | None = None
    overlays: tuple[tuple[float, float, float, float], ...] = ()
    check_required: bool = False
    checkers: str = "admins"
    check_clearance: str = ""
    keep_tags: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, snapshot: dict[str, Any]) -> Policy:
        """The policy that a run was started with; what did not exist then has its default."""
        boxes = tuple(tuple(box) for box in snapshot["overlays"])
        tags = tuple(snapshot.get("keep_tags", ()))
        return cls(**{**snapshot, "overlays": boxes, "keep_tags": tags})

    def as_json(self) -> dict[str, Any]:
        """The policy as JSON values."""
        boxes = [list(box) for box in self.overlays]
        return {**asdict(self), "overlays": boxes, "keep_tags": list(self.keep_tags)}

    @property
    def subjects(self) -> tuple[Subject, ...]:
        return tuple(subject for subject in Subject if getattr(self, subject.value))


@dataclass(frozen=True, slots=True)
class InForce:
    """The policy in force; `number` is 0 where the contract or our default decides."""

    number: int
    policy: Policy


def policy_in_force(project_id: UUID) -> InForce:
    """The newest policy of a project of the open scope, else the contract's. Raises NotFound."""
    get_project(project_id)
    row = RedactionPolicy.objects.filter(project_id=project_id).order_by("-number").first()
    if row is None:
        return InForce(0, _agreed_policy())
    return _as_stored(row)


def policies_in_force(project_ids: Iterable[UUID]) -> dict[UUID, InForce]:
    """The policies of projects of the open scope; how many they are makes no query more."""
    wanted = set(project_ids)
    rows = RedactionPolicy.objects.filter(project_id__in=wanted).order_by("project_id", "-number")
    found = {row.project_id: _as_stored(row) for row in rows.distinct("project_id")}
    if wanted - found.keys():
        agreed = InForce(0, _agreed_policy())
        found |= dict.fromkeys(wanted - found.keys(), agreed)
    return found


def _as_stored(row: RedactionPolicy) -> InForce:
    values = {name: getattr(row, name) for name in Policy.__dataclass_fields__}
    return InForce(row.number, Policy.from_json(values))


def set_policy(*, actor: Actor, tenant: UUID, project_id: UUID, policy: Policy) -> InForce:
    """Add a version of a project's policy; runs that were started keep theirs.

    Raises Invalid, NotFound.
    """
    check(policy)
    with scope(tenant):
        get_project(project_id, lock=True)
        number = policy_in_force(project_id).number + 1
        RedactionPolicy.objects.create(
            tenant_id=tenant, project_id=project_id, number=number, **policy.as_json()
        )
        record(
            action="redaction.policy_set",
            actor=actor,
            tenant=tenant,
            subject=("project", project_id),
            details={"number": number, **policy.as_json()},
        )
    return InForce(number, policy)


def check(policy: Policy) -> None:
    """Raise Invalid, naming the field, where a policy makes no sense."""
    if policy.audio not in RedactionPolicy.Audio.values:
        raise Invalid("Sound is kept, muted or dropped: say keep, mute or drop.", field="audio")
    if policy.mode not in [str(mode) for mode in Mode]:
        raise Invalid("The mode is quality or fast.", field="mode")
    if policy.cover not in MODES:
        raise Invalid(f"The cover is one of {', '.join(MODES)}.", field="cover")
    _within("padding", policy.padding, *PADDING)
    _within("least_score", policy.least_score, 0.0, 1.0)
    if policy.most_exposed_share is not None:
        _within("most_exposed_share", policy.most_exposed_share, 0.0, 1.0)
    if policy.most_exposed_seconds is not None:
        _within("most_exposed_seconds", policy.most_exposed_seconds, 0.0, 3600.0)
    _check_choices(policy)
    for box in policy.overlays:
        if len(box) != 4 or not all(math.isfinite(value) for value in box):
            raise Invalid("An overlay is a box of four numbers: x1 y1 x2 y2.", field="overlays")
        if not (box[0] < box[2] and box[1] < box[3]):
            raise Invalid("An overlay has x1 below x2 and y1 below y2.", field="overlays")


def _check_choices(policy: Policy) -> None:
    if not set(policy.keep_tags) <= set(TAGS):
        raise Invalid(f"A copy can say its {', '.join(TAGS)}.", field="keep_tags")
    if policy.checkers not in RedactionPolicy.Checkers.values:
        raise Invalid("Masks are checked by admins, reviewers or both.", field="checkers")
    if policy.check_clearance and not CLEARANCE.fullmatch(policy.check_clearance):
        raise Invalid(
            "A clearance is a code of letters, digits, dots and dashes, 63 at most.",
            field="check_clearance",
        )


def _within(field: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:  # NaN is refused as well
        raise Invalid(f"Give a number from {low:g} to {high:g}.", field=field)


def _agreed_policy() -> Policy:
    """What the contract says of privacy; the careful default where nothing is signed yet."""
    try:
        privacy = terms_in_force().privacy
    except Conflict:
        return Policy()
    return Policy(faces=privacy.faces, plates=privacy.plates, audio=privacy.audio)
