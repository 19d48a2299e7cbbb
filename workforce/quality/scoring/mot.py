"""Score two MOTChallenge files, protocol `plain`: no boxes removed for being near distractors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import Invalid, NotFound
from workforce.labels.formats.mot import Row, check_unique, read_rows
from workforce.quality.scoring.detections import Detections, detections
from workforce.quality.scoring.summary import TrackScore, score_tracks

# MOTChallenge's class 1 is the pedestrian, the only one that is counted.
COUNTED_CLASS = 1


def read_truth(path: Path) -> Detections:
    """Rows with flag 0 dropped and, where there is a class column, classes other than 1.

    Raises NotFound, Invalid.
    """
    rows = [row for row in _rows(path) if row.flag != 0 and row.label in {None, COUNTED_CLASS}]
    return _checked(rows, path)


def read_prediction(path: Path) -> Detections:
    """All rows. Raises NotFound, Invalid."""
    return _checked(_rows(path), path)


def score_files(truth: Path, prediction: Path) -> TrackScore:
    """Raises NotFound, Invalid."""
    return score_tracks(read_truth(truth), read_prediction(prediction))


def _rows(path: Path) -> list[Row]:
    try:
        with path.open(encoding="utf-8-sig") as lines:
            return read_rows(lines, name=str(path))
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise Invalid(f"{path} is a folder; name the text file in it.", field="file") from None
    except UnicodeDecodeError:
        raise Invalid(f"{path} is not text; give a MOTChallenge text file.", field="file") from None


def _checked(rows: Sequence[Row], path: Path) -> Detections:
    check_unique(rows, name=str(path))
    boxes = [(row.left, row.top, row.left + row.width, row.top + row.height) for row in rows]
    return detections(
        frames=np.array([row.frame for row in rows], dtype=np.int64),
        identities=np.array([row.identity for row in rows], dtype=np.int64),
        boxes=np.array(boxes, dtype=np.float64).reshape(-1, 4),
    )
