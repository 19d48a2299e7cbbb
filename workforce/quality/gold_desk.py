"""Gold as who makes it sees it: what there is, how it was shown and scored, what it can be made of.

People stand under ids, which are pseudonyms. All reads are in the client's open scope.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, Exists, OuterRef, Q, QuerySet

from core.errors import NotFound
from tenants.intake.models import Clip
from workforce.labels.models import LabelSet
from workforce.labels.tracks import Track
from workforce.quality.drawing import DrawnBox, boxes_at
from workforce.quality.gold import fits_work
from workforce.quality.models import GoldExposure, GoldTruth, QuizItem, ReviewDecision, Score
from workforce.quality.policies import policies_of
from workforce.quality.scores import right_labels
from workforce.tasks.models import Task

#: What gold can be narrowed to, in words.
STATES = {"active": "In use", "retired": "Retired"}
USES = {"work": "Mixed into work", "quiz": "For quizzes"}
#: Pictures of a truth on its page, spread over its frames.
SHOTS = 6


@dataclass(frozen=True, slots=True)
class GoldRow:
    """A piece of gold in the list, with what came of it."""

    gold: GoldTruth
    scored: int
    passed: int
    hota: float | None
    most: int

    @property
    def fits(self) -> bool:
        """Whether work is cut like this too; what is not could be told from work."""
        return fits_work(self.gold)


def gold_list(*, state: str = "", project: str = "", use: str = "") -> QuerySet[GoldTruth]:
    """Gold, the newest first. state: of STATES; project: its slug; use: of USES; empty: all."""
    rows = GoldTruth.objects.select_related("clip", "project")
    if state:
        rows = rows.filter(state=state)
    if project:
        rows = rows.filter(project__slug=project)
    if use:
        rows = rows.filter(quiz_level__isnull=use == "work")
    return rows.order_by("-created_at", "id")


def rows_of(found: Iterable[GoldTruth]) -> list[GoldRow]:
    """Add to each piece how often it was scored, passed, and the mean HOTA."""
    golds = list(found)
    work: dict[UUID, tuple[int, int, float | None]] = {
        truth: (scored, good, mean)
        for truth, scored, good, mean in Score.objects.filter(truth__in=golds)
        .values_list("truth")
        .annotate(scored=Count("id"), good=Count("id", filter=Q(passed=True)), mean=Avg("hota"))
    }
    quizzed: dict[UUID, list[float]] = {}
    items = QuizItem.objects.filter(truth__in=golds, scored_at__isnull=False)
    for truth, reached in items.values_list("truth_id", "reached"):
        quizzed.setdefault(truth, []).append(reached.get("HOTA", 0.0))
    most = policies_of(gold.project_id for gold in golds)
    rows = []
    for gold in golds:
        limit = most[gold.project_id].max_exposures
        if gold.quiz_level is None:
            scored, good, mean = work.get(gold.id, (0, 0, None))
            rows.append(GoldRow(gold, scored, good, mean, limit))
        else:
            reached_here = quizzed.get(gold.id, [])
            mark = most[gold.project_id].pass_mark
            passed = sum(value >= mark for value in reached_here)
            middle = sum(reached_here) / len(reached_here) if reached_here else None
            rows.append(GoldRow(gold, len(reached_here), passed, middle, limit))
    return rows


def candidates(project: str = "") -> QuerySet[Task]:
    """Tasks that a reviewer accepted and of which no frame is gold now, the newest first."""
    reviewed = ReviewDecision.objects.filter(
        task_id=OuterRef("id"),
        outcome__in=[ReviewDecision.Outcome.ACCEPT, ReviewDecision.Outcome.CORRECT],
        reviewer__isnull=False,
    )
    taken = GoldTruth.objects.filter(
        Q(state=GoldTruth.State.ACTIVE) | Q(quiz_level__isnull=False),
        clip_id=OuterRef("clip_id"),
        start_frame__lte=OuterRef("end_frame"),
        end_frame__gte=OuterRef("start_frame"),
    )
    rows = Task.objects.filter(
        state=Task.State.ACCEPTED, is_copy=False, clip__state=Clip.State.READY
    )
    if project:
        rows = rows.filter(project__slug=project)
    free = rows.filter(Exists(reviewed)).exclude(Exists(taken)).select_related("clip", "project")
    return free.order_by("-created_at", "id")


def find_gold(gold_id: UUID) -> GoldTruth:
    """Find a piece of gold. Raises NotFound."""
    found = (
        GoldTruth.objects.select_related("clip", "project", "ontology").filter(id=gold_id).first()
    )
    if found is None:
        raise NotFound
    return found


def versions_of(gold: GoldTruth) -> list[GoldTruth]:
    """Every version of a piece of gold, the newest first."""
    rows = GoldTruth.objects.filter(clip_id=gold.clip_id, task_type=gold.task_type)
    known = {row.id: row for row in rows}
    chain, later = [gold], gold
    while later.replaces_id is not None:
        later = known[later.replaces_id]
        chain.append(later)
    after = {row.replaces_id: row for row in known.values() if row.replaces_id}
    newest = gold
    while newest.id in after:
        newest = after[newest.id]
        chain.insert(0, newest)
    return chain


@dataclass(frozen=True, slots=True)
class Shown:
    """One person who was given a piece of gold, and what came of it."""

    person: str
    at: datetime | None
    hota: float | None
    passed: bool | None


def shown_to(gold: GoldTruth) -> list[Shown]:
    """Who had it, the newest first. A quiz is judged whole: its pieces are not passed or missed."""
    if gold.quiz_level is not None:
        items = QuizItem.objects.filter(truth=gold).order_by("-scored_at", "id")
        return [
            Shown(_pseudonym(item.person_id), item.scored_at, item.reached.get("HOTA"), None)
            for item in items
        ]
    scores = {score.task_id: score for score in Score.objects.filter(truth=gold)}
    shown = []
    for exposure in GoldExposure.objects.filter(truth=gold).order_by("-exposed_at", "id"):
        score = scores.get(exposure.task_id)
        shown.append(
            Shown(
                _pseudonym(exposure.person_id),
                exposure.exposed_at,
                score.hota if score else None,
                score.passed if score else None,
            )
        )
    return shown


@dataclass(frozen=True, slots=True)
class Revision:
    """Labels of the same frames that a reviewer accepted: a truth to be chosen."""

    label_set: LabelSet
    decided_at: datetime
    author: str
    current: bool


def revisions_for(gold: GoldTruth) -> list[Revision]:
    """What reviewers accepted of exactly these frames, the newest first."""
    decisions = (
        ReviewDecision.objects.filter(
            outcome=ReviewDecision.Outcome.ACCEPT,
            reviewer__isnull=False,
            task__is_copy=False,
            task__clip_id=gold.clip_id,
            task__task_type=gold.task_type,
            task__start_frame=gold.start_frame,
            task__end_frame=gold.end_frame,
        )
        .select_related("label_set")
        .order_by("-decided_at", "id")
    )
    return [
        Revision(
            row.label_set,
            row.decided_at,
            _pseudonym(row.label_set.author_id),
            row.label_set.sha256 == gold.sha256,
        )
        for row in decisions
    ]


@dataclass(frozen=True, slots=True)
class TruthShot:
    """One frame of a truth and its boxes."""

    frame: int
    boxes: list[DrawnBox]


@dataclass(frozen=True, slots=True)
class Truth:
    """The right labels, to be read and looked at."""

    tracks: list[Track]
    events: list[Any]
    shots: list[TruthShot]


def truth_of(gold: GoldTruth) -> Truth:
    """Read a truth, and choose frames that show it; links are between tracks of several clips."""
    if gold.task_type == Task.LINKS:
        return Truth([], [], [])
    labels = right_labels(gold)
    tracks = list(labels.tracks)
    length = gold.end_frame - gold.start_frame
    count = min(SHOTS, length + 1)
    step = length / max(1, count - 1)
    frames = sorted({gold.start_frame + round(n * step) for n in range(count)})
    shots = [TruthShot(frame, boxes_at(tracks, frame, "a")) for frame in frames]
    return Truth(tracks, list(labels.spans), shots)


def _pseudonym(person: UUID) -> str:
    return str(person)[:8]
