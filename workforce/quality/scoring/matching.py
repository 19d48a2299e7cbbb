"""One-to-one matching of overlapping boxes, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from core.late import late
from workforce.quality.scoring.detections import Floats, Ints, Overlaps

linear_sum_assignment = late("scipy.optimize.linear_sum_assignment")


def uncontested(pairs: Overlaps) -> NDArray[np.bool_]:
    """bool (m,): pairs neither of whose boxes overlaps any other box.

    Every best matching holds them, so that only the crowded rest needs the Hungarian method
    (on MOT17, about one frame in three).
    """
    truth = np.bincount(pairs.truth) if len(pairs) else np.zeros(0, dtype=np.int64)
    prediction = np.bincount(pairs.prediction) if len(pairs) else np.zeros(0, dtype=np.int64)
    alone: NDArray[np.bool_] = (truth[pairs.truth] == 1) & (prediction[pairs.prediction] == 1)
    return alone


def by_frame(pairs: Overlaps, rows: Ints) -> Iterator[Ints]:
    """Split the rows (sorted) into one array for each frame."""
    if len(rows):
        yield from np.split(rows, np.nonzero(np.diff(pairs.frame[rows]))[0] + 1)


def best(pairs: Overlaps, rows: Ints, scores: Floats) -> Ints:
    """Of one frame's rows, those of the matching with the greatest sum of `scores`.

    scores: float64 (len(rows),), positive.
    """
    # A frame's boxes lie together in the rows of both sides, so the distance from the first is
    # a small number; the rows and columns of boxes that take no part stay zero and match nothing.
    row = pairs.truth[rows]
    row = row - row.min()
    column = pairs.prediction[rows]
    column = column - column.min()
    shape = int(row.max()) + 1, int(column.max()) + 1
    matrix = np.zeros(shape)
    matrix[row, column] = scores
    pair = np.full(shape, -1, dtype=np.int64)
    pair[row, column] = rows
    chosen: Ints = pair[linear_sum_assignment(matrix, maximize=True)]
    return chosen[chosen >= 0]


def match(pairs: Overlaps, scores: Floats) -> Ints:
    """Rows of the best matching of every frame, sorted. scores: float64 (m,), positive."""
    alone = uncontested(pairs)
    chosen = [np.nonzero(alone)[0]]
    chosen += [best(pairs, rows, scores[rows]) for rows in by_frame(pairs, np.nonzero(~alone)[0])]
    return np.sort(np.concatenate(chosen))
