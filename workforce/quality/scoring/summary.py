"""All box-track metrics of one clip, and the errors frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workforce.quality.scoring.clear import Clear, clear
from workforce.quality.scoring.detections import Detections, Frames, frames_of, overlaps
from workforce.quality.scoring.hota import Hota, hota
from workforce.quality.scoring.identity import Identity, identity


@dataclass(frozen=True)
class TrackScore:
    """HOTA family, CLEAR and Identity of one prediction against its truth."""

    hota: Hota
    clear: Clear
    identity: Identity
    truth: Detections
    prediction: Detections
    frames: Frames

    def summary(self) -> dict[str, float]:
        """Twenty-five numbers under the names of the field: HOTA ... IDFP."""
        return {**self.hota.summary(), **self.clear.summary(), **self.identity.summary()}

    def frame_errors(self) -> list[dict[str, int]]:
        """Frames with at least one error: missed and false boxes and identity switches at IoU 0.5.

        Each is {"frame", "missed", "false", "switched"}, in frame order.
        """
        matched = np.bincount(self.clear.matches.frame, minlength=len(self.frames.numbers))
        switched = np.bincount(
            self.clear.matches.frame[self.clear.switches], minlength=len(self.frames.numbers)
        )
        missed = np.diff(self.frames.truth_starts) - matched
        false = np.diff(self.frames.prediction_starts) - matched
        return [
            {
                "frame": int(self.frames.numbers[row]),
                "missed": int(missed[row]),
                "false": int(false[row]),
                "switched": int(switched[row]),
            }
            for row in np.nonzero(missed + false + switched)[0]
        ]


def score_tracks(truth: Detections, prediction: Detections) -> TrackScore:
    """Score one clip. Pure; the two sides may cover different frames or be empty."""
    frames = frames_of(truth, prediction)
    pairs = overlaps(truth, prediction, frames)
    return TrackScore(
        hota=hota(truth, prediction, pairs),
        clear=clear(truth, prediction, frames, pairs),
        identity=identity(truth, prediction, pairs),
        truth=truth,
        prediction=prediction,
        frames=frames,
    )
