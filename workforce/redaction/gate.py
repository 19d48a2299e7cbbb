"""The gate of releases: how much may be left exposed, and who lets a clip pass all the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Conflict, Invalid
from core.tenancy.scope import scope
from tenants.intake.clips import get_clip
from workforce.redaction.models import MaskCheck, RedactionOverride, RedactionRun
from workforce.redaction.policies import InForce, Policy, policies_in_force

LONGEST_REASON = 400


def excesses(report: dict[str, Any], policy: Policy) -> list[str]:
    """What the residual of a run has above the policy's limits, a sentence each."""
    subjects = report.get("residual", {}).get("subjects", {})
    found = []
    for name, told in sorted(subjects.items()):
        share = told["exposed"] / told["hits"] if told["hits"] else 0.0
        if policy.most_exposed_share is not None and share > policy.most_exposed_share:
            found.append(
                f"{100 * share:.1f} % of the {name} seen are exposed; the policy allows "
                f"{100 * policy.most_exposed_share:g} %."
            )
        seconds = told.get("longest_exposed_seconds", 0.0)
        if policy.most_exposed_seconds is not None and seconds > policy.most_exposed_seconds:
            found.append(
                f"Of the {name} one is exposed for {seconds:g} s; the policy allows "
                f"{policy.most_exposed_seconds:g} s."
            )
    return found


#: What `excesses` finds, as a condition on a run. Parameters: the share twice, the seconds twice.
_EXCEEDS = """exists (
  select from jsonb_each(coalesce("redaction_redactionrun"."report" #> '{residual,subjects}', '{}'))
    as subject(name, told)
  where (told ->> 'exposed')::float > %s * (told ->> 'hits')::float
    or coalesce((told ->> 'longest_exposed_seconds')::float, 0) > %s)"""


def held_by(policy: Policy, runs: QuerySet[RedactionRun]) -> QuerySet[RedactionRun]:
    """Those of measured runs that a policy holds back, whatever was allowed."""
    limits = (policy.most_exposed_share, policy.most_exposed_seconds)
    over = Q(pk__in=[])
    if limits != (None, None):
        values = [math.inf if limit is None else limit for limit in limits]
        over |= Q(RawSQL(_EXCEEDS, values, output_field=BooleanField()))  # noqa: S611 - a constant
    if policy.check_required:
        over |= ~Q(Exists(MaskCheck.objects.filter(run=OuterRef("pk"))))
    return runs.filter(over)


def judged(run: RedactionRun) -> dict[str, Any]:
    """How a measured run stands before the policy in force, in the open scope; JSON values."""
    (told,) = judged_all([run])
    return told


def judged_all(runs: Sequence[RedactionRun]) -> list[dict[str, Any]]:
    """How measured runs stand before the policies in force; how many makes no query more."""
    valid = policies_in_force(run.clip.project_id for run in runs)
    overrides = {row.run_id: row for row in RedactionOverride.objects.filter(run__in=runs)}
    rows = MaskCheck.objects.filter(run__in=runs).order_by("run_id", "-created_at", "id")
    checks = {row.run_id: row for row in rows.distinct("run_id")}
    return [
        _judged(run, valid[run.clip.project_id], overrides.get(run.id), checks.get(run.id))
        for run in runs
    ]


def _judged(
    run: RedactionRun,
    now_valid: InForce,
    override: RedactionOverride | None,
    check: MaskCheck | None,
) -> dict[str, Any]:
    exceeded = excesses(run.report, now_valid.policy)
    if now_valid.policy.check_required and check is None:
        exceeded.append("Nobody has checked its masks; the policy asks for it.")
    return {
        "policy": now_valid.number,
        "exceeded": exceeded,
        "checked": None
        if check is None
        else {
            "by": str(check.person_id),
            "at": check.created_at.isoformat(),
            "frames": check.frames,
        },
        "override": None
        if override is None
        else {"reason": override.reason, "at": override.created_at.isoformat()},
    }


def require_open(run: RedactionRun) -> dict[str, Any]:
    """The gate's judgement, for the manifest. Raises Conflict when it is shut."""
    told = judged(run)
    if told["exceeded"] and told["override"] is None:
        raise Conflict(
            f"Clip {run.clip.filename or run.clip_id} may not be released: "
            f"{' '.join(told['exceeded'])} Correct and check its masks, or let the client's "
            "administrator allow it with a reason."
        )
    return told


def override_gate(*, actor: Actor, tenant: UUID, clip_id: UUID, reason: str) -> RedactionOverride:
    """Let the clip's newest measured copy pass the gate; a later run needs its own.

    Raises NotFound, Invalid without a reason, Conflict when nothing is held or it passes already.
    """
    words = reason.strip()
    if not words or len(words) > LONGEST_REASON:
        raise Invalid(f"Say why, in up to {LONGEST_REASON} characters.", field="reason")
    with scope(tenant):
        clip = get_clip(clip_id)
        run = (
            RedactionRun.objects.select_for_update(of=("self",))
            .select_related("clip")
            .filter(clip_id=clip.id, state=RedactionRun.State.DONE)
            .order_by("-created_at", "id")
            .first()
        )
        told = judged(run) if run is not None else {"exceeded": [], "override": None}
        if run is None or not told["exceeded"]:
            raise Conflict("The gate does not hold this clip: there is nothing to allow.")
        if told["override"] is not None:
            raise Conflict("This copy is allowed already.")
        row = RedactionOverride.objects.create(
            tenant_id=tenant, run=run, reason=words, allowed_by_id=actor.id
        )
        record(
            action="redaction.gate_overridden",
            actor=actor,
            tenant=tenant,
            subject=("clip", clip_id),
            details={"run": str(run.id), "reason": words, "exceeded": told["exceeded"]},
        )
    return row
