"""Scoring what was handed in for gold."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.outbox.events import emit
from core.tenancy.scope import scope
from workforce.labels.models import LabelSet
from workforce.labels.spans import span_from_wire
from workforce.labels.store import read_label_set, read_spans_of
from workforce.labels.tracks import track_from_wire
from workforce.links.content import read_content
from workforce.quality.gates import Gate, judged, reached, reached_in_links
from workforce.quality.models import GoldExposure, GoldTruth, Score
from workforce.quality.policies import policy_of
from workforce.quality.scoring.confusion import confusion
from workforce.quality.scoring.labels import Labels, LabelScore, score_labels
from workforce.quality.scoring.links import score_links
from workforce.quality.trust import add_evidence
from workforce.tasks.models import Task


def score_submission(*, tenant: UUID, label_set_id: UUID) -> Score:
    """Measure a gold submission, close its task and bring the person's trust up to date.

    Safe to run again: the score is written once, and the evidence from it once.
    """
    with scope(tenant):
        score: Score | None = Score.objects.filter(label_set_id=label_set_id).first()
        if score is None:
            score = _write_score(LabelSet.objects.select_related("task").get(id=label_set_id))
        vendor = score.label_set.vendor_id
    if vendor is not None:
        add_evidence(vendor=vendor, score=score)
    return score


@dataclass(frozen=True, slots=True)
class Measured:
    """What a submission reached: its parts, what a score keeps beside them, frames with errors.

    hota, loc_a, idf1: of boxes; None where tracks are linked.
    """

    parts: dict[Gate, float]
    metrics: dict[str, Any]
    frame_errors: list[dict[str, int]] = field(default_factory=list)
    hota: float | None = None
    loc_a: float | None = None
    idf1: float | None = None


def measured(truth: GoldTruth, label_set: LabelSet) -> Measured:
    """Measure a submission as its type of task asks."""
    if truth.task_type == Task.LINKS:
        parts = measure_links(truth, label_set)
        return Measured(parts, {str(gate): value for gate, value in parts.items()})
    scored = measure(truth, label_set)
    summary = scored.tracks.summary()
    return Measured(
        reached(scored),
        _metrics(scored, summary, what_for_what(truth, label_set)),
        scored.tracks.frame_errors(),
        summary["HOTA"],
        summary["LocA"],
        summary["IDF1"],
    )


def measure_links(truth: GoldTruth, label_set: LabelSet) -> dict[Gate, float]:
    """Parts of a task of links, by B-cubed."""
    right, given = read_content(truth.content), read_content(label_set.content)
    return reached_in_links(score_links(right, given))


def parts_of(truth: GoldTruth, label_set: LabelSet) -> dict[Gate, float]:
    """What a submission reached in each part, whatever its type."""
    if truth.task_type == Task.LINKS:
        return measure_links(truth, label_set)
    return reached(measure(truth, label_set))


def _write_score(label_set: LabelSet) -> Score:
    truth = GoldExposure.objects.select_related("truth").get(task_id=label_set.task_id).truth
    found = measured(truth, label_set)
    policy = policy_of(truth.project_id)
    verdicts = judged(found.parts, pass_mark=policy.pass_mark, marks=policy.marks)
    score: Score = Score.objects.create(
        tenant_id=label_set.tenant_id,
        task=label_set.task,
        label_set=label_set,
        truth=truth,
        project_id=truth.project_id,
        person_id=label_set.author_id,
        skill=truth.task_type,
        hota=found.hota,
        loc_a=found.loc_a,
        idf1=found.idf1,
        passed=all(verdict.passed for verdict in verdicts),
        gates={str(verdict.gate): verdict.to_json() for verdict in verdicts},
        metrics=found.metrics,
        frame_errors=found.frame_errors,
    )
    Task.objects.filter(id=label_set.task_id).update(state=Task.State.CLOSED)
    record(
        action="gold.scored",
        actor=Actor.system("quality"),
        tenant=label_set.tenant_id,
        subject=("task", label_set.task_id),
        details={
            "score": str(score.id),
            "gold": str(truth.id),
            "parts": {str(gate): round(value, 6) for gate, value in found.parts.items()},
            "passed": score.passed,
            "failed": [str(verdict.gate) for verdict in verdicts if not verdict.passed],
        },
    )
    emit(
        "gold.scored",
        tenant=label_set.tenant_id,
        data={"score": str(score.id), "person": str(label_set.author_id)},
    )
    return score


def right_labels(truth: GoldTruth) -> Labels:
    """What gold says is right."""
    content = json.loads(truth.content)
    return Labels(
        [track_from_wire(item) for item in content["tracks"]],
        [span_from_wire(item) for item in content.get("events", [])],
    )


def what_for_what(truth: GoldTruth, label_set: LabelSet) -> list[tuple[str, str, int]]:
    """Boxes by true and given label over the truth's frames."""
    return confusion(
        right_labels(truth).tracks,
        read_label_set(label_set),
        start=truth.start_frame,
        end=truth.end_frame,
    )


def measure(truth: GoldTruth, label_set: LabelSet) -> LabelScore:
    """Score the label set against the truth over the truth's frames."""
    right = right_labels(truth)
    given = Labels(read_label_set(label_set), read_spans_of(label_set))
    return score_labels(right, given, start=truth.start_frame, end=truth.end_frame)


def _metrics(
    scored: LabelScore, summary: dict[str, float], taken: list[tuple[str, str, int]]
) -> dict[str, Any]:
    return {
        **summary,
        "f1_by_label": scored.f1_by_label,
        "confusion": taken,
        "attribute_agreement": scored.attribute_agreement,
        "event_f1": scored.event_f1,
    }
