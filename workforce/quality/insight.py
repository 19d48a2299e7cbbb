"""What a client is shown of measured work: what is taken for what, where errors lie, worst frames.

People appear nowhere here; in lists of scores they stand under ids, which are pseudonyms.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from tenants.intake.models import Clip
from workforce.quality.drawing import DrawnBox
from workforce.quality.models import Score
from workforce.quality.scores import measure
from workforce.quality.scoring.confusion import NONE
from workforce.quality.scoring.detections import Detections
from workforce.quality.scoring.labels import LabelScore

#: Scores that the page looks back on, and frames that it draws.
LOOKED_BACK = 500
WORST = 6
#: Two-sided 95 % of the normal distribution.
Z = 1.96


@dataclass(frozen=True, slots=True)
class Cell:
    count: int
    #: 0 for none, then 1 to 4 with the share of the row; the diagonal has none.
    heat: int
    right: bool


@dataclass(frozen=True, slots=True)
class MatrixRow:
    label: str
    cells: list[Cell]
    #: Share of the row's boxes under their own label; None where there is no truth.
    share: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """A score in short. pairs: (true label, given label, boxes); none where it was not kept."""

    camera: str
    pairs: Sequence[tuple[str, str, int]]


def measured_scores(project: UUID | None = None) -> list[Measured]:
    """The newest scores of the open scope, or of one project of it, in short: one query."""
    rows = _newest()
    if project is not None:
        rows = rows.filter(project_id=project)
    found = rows.values_list("truth__clip__camera__name", "metrics__confusion")[:LOOKED_BACK]
    return [
        Measured(camera or "No camera", [(row[0], row[1], row[2]) for row in pairs or ()])
        for camera, pairs in found
    ]


def newest_mark() -> str | None:
    """Say which score of the open scope is the newest, and of when; None where there is none."""
    newest = _newest().values_list("id", "scored_at").first()
    return None if newest is None else f"{newest[0]}:{newest[1].timestamp()}"


def newest_scores(most: int) -> list[Score]:
    """The newest scores of the open scope, without the frames that are wrong in them."""
    return list(_newest().defer("frame_errors")[:most])


def _newest() -> QuerySet[Score]:
    return Score.objects.order_by("-scored_at", "id")


def matrix(scores: Iterable[Measured]) -> tuple[list[str], list[MatrixRow]]:
    """Labels and rows of the confusion matrix; the last of each stands for no box."""
    counts: Counter[tuple[str, str]] = Counter()
    for score in scores:
        for true, given, boxes in score.pairs:
            counts[true, given] += boxes
    names = sorted({name for pair in counts for name in pair if name != NONE})
    if not names:
        return [], []
    return names, [_row(name, [*names, NONE], counts) for name in [*names, NONE]]


def _row(true: str, columns: Sequence[str], counts: Mapping[tuple[str, str], int]) -> MatrixRow:
    total = sum(counts.get((true, given), 0) for given in columns)
    cells = [
        _cell(counts.get((true, given), 0), total, right=true == given != NONE) for given in columns
    ]
    own = counts.get((true, true), 0)
    return MatrixRow(true, cells, own / total if total and true != NONE else None)


def _cell(count: int, total: int, *, right: bool) -> Cell:
    share = count / total if total else 0.0
    heat = 0 if not count else 1 + sum(share > limit for limit in (0.02, 0.05, 0.1))
    return Cell(count, heat, right)


@dataclass(frozen=True, slots=True)
class Rate:
    """Share of true boxes that were missed or called something else, with a 95 % interval.

    The interval comes from how much gold tasks differ from each other: boxes of one task are not
    independent. With one task there is none.
    """

    name: str
    boxes: int
    tasks: int
    rate: float
    low: float | None
    high: float | None


def rate_of(name: str, parts: Sequence[tuple[int, int]]) -> Rate:
    """Estimate a rate from (errors, boxes) of each task: a ratio of sums, tasks as clusters.

    The variance is that of a ratio estimator (Cochran, Sampling Techniques, section 2.11).
    """
    errors, boxes = sum(e for e, _ in parts), sum(n for _, n in parts)
    rate, tasks = errors / boxes, len(parts)
    if tasks < 2:
        return Rate(name, boxes, tasks, rate, None, None)
    spread = sum((e - rate * n) ** 2 for e, n in parts)
    half = Z * sqrt(tasks / (tasks - 1) * spread) / boxes
    return Rate(name, boxes, tasks, rate, max(0.0, rate - half), min(1.0, rate + half))


def rates(scores: Iterable[Measured]) -> tuple[Rate | None, list[Rate], list[Rate]]:
    """Error rates over all, by camera and by label, the worst first."""
    whole: list[tuple[int, int]] = []
    by_camera: dict[str, list[tuple[int, int]]] = {}
    by_label: dict[str, list[tuple[int, int]]] = {}
    for score in scores:
        errors, boxes = _errors(score)
        if not boxes.total():
            continue
        part = (errors.total(), boxes.total())
        whole.append(part)
        by_camera.setdefault(score.camera, []).append(part)
        for label, count in boxes.items():
            by_label.setdefault(label, []).append((errors[label], count))
    return (
        rate_of("All", whole) if whole else None,
        _ordered(by_camera),
        _ordered(by_label),
    )


def _errors(score: Measured) -> tuple[Counter[str], Counter[str]]:
    errors: Counter[str] = Counter()
    boxes: Counter[str] = Counter()
    for true, given, count in score.pairs:
        if true != NONE:
            boxes[true] += count
            errors[true] += count if given != true else 0
    return errors, boxes


def _ordered(groups: Mapping[str, Sequence[tuple[int, int]]]) -> list[Rate]:
    found = [rate_of(name, parts) for name, parts in groups.items()]
    return sorted(found, key=lambda row: (-row.rate, row.name))


@dataclass(frozen=True, slots=True)
class WorstFrame:
    """A frame of gold with most errors, and the boxes that are wrong there."""

    camera: str
    #: None where the clip was erased: nobody sees its pictures any more.
    clip: UUID | None
    frame: int
    missed: int
    false: int
    switched: int
    width: int
    height: int
    boxes: list[DrawnBox]


#: Of the newest scores those with the worst frame: each frame counts its errors, switches twice.
#: {newest}: the newest scores, with what is wrong in their frames.
_WORST = """
select newest.id, worst.entry from ({newest}) newest cross join lateral (
  select entry, (entry -> 'missed')::int + (entry -> 'false')::int
    + 2 * (entry -> 'switched')::int as badness
  from jsonb_array_elements(newest.frame_errors) with ordinality as listed(entry, place)
  order by badness desc, place limit 1) worst
order by worst.badness desc, newest.scored_at desc, newest.id limit {most}"""


def worst_frames(most: int = WORST) -> list[WorstFrame]:
    """The worst frame of each of the worst scores, drawn from the labels as they were scored.

    Only these are read whole: labels are long.
    """
    newest = _newest().values("id", "frame_errors", "scored_at")[:LOOKED_BACK]
    sql, params = newest.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_WORST.format(newest=sql, most=most), params)
        worst = {score: json.loads(entry) for score, entry in cursor.fetchall()}
    scores = Score.objects.select_related("truth__clip__camera", "label_set").in_bulk(list(worst))
    return [_drawn(scores[score], entry) for score, entry in worst.items()]


def _drawn(score: Score, entry: Mapping[str, int]) -> WorstFrame:
    clip, frame = score.truth.clip, entry["frame"]
    return WorstFrame(
        camera=clip.camera.name if clip.camera else "No camera",
        clip=clip.id if clip.state == Clip.State.READY else None,
        frame=frame,
        missed=entry["missed"],
        false=entry["false"],
        switched=entry["switched"],
        width=clip.width or 0,
        height=clip.height or 0,
        boxes=_wrong_boxes(measure(score.truth, score.label_set), frame),
    )


def _wrong_boxes(scored: LabelScore, frame: int) -> list[DrawnBox]:
    clear = scored.tracks.clear
    truth, given = scored.tracks.truth, scored.tracks.prediction
    seen, used = set(clear.matches.truth.tolist()), set(clear.matches.prediction.tolist())
    switched = set(clear.matches.prediction[clear.switches].tolist())
    return [
        *(_box(truth, row, "missed") for row in _rows(truth, frame) if row not in seen),
        *(_box(given, row, "false") for row in _rows(given, frame) if row not in used),
        *(_box(given, row, "switched") for row in _rows(given, frame) if row in switched),
    ]


def _rows(found: Detections, frame: int) -> list[int]:
    return [row for row, at in enumerate(found.frames.tolist()) if at == frame]


def _box(found: Detections, row: int, style: str) -> DrawnBox:
    x1, y1, x2, y2 = found.boxes[row].tolist()
    return DrawnBox(round(x1, 1), round(y1, 1), round(x2 - x1, 1), round(y2 - y1, 1), style)
