"""CPU time of our scorer beside TrackEval's, with which it must agree: boxes in, numbers out.

Two inputs: a crowd made here, of 45,000 frames and 40 people, and the largest reference sequence
where the shared data lie beside the project. Reading files is counted on neither side.

Usage: benchmarks/scoring.py [FRAMES]
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.support import peer
from benchmarks.support.report import report
from workforce.quality.scoring.detections import Detections, detections
from workforce.quality.scoring.mot import read_prediction, read_truth
from workforce.quality.scoring.summary import score_tracks

FRAMES, PEOPLE, SEED = 45_000, 40, 11
SIZE = np.array([60, 160])  # pixels
GOAL = 0.5
RUNS = 3
# Two matchings of one frame can be equally good (a box inside either of two as large); which is
# taken moves the identity switches, and so MOTA, alone.
TOLERANCE = {"MOTA": 5e-4}
MOT = Path(__file__).resolve().parents[2] / "shared" / "data" / "mot"
LARGEST = "MOT17-02-FRCNN"


def crowd(rng: np.random.Generator, frames: int):
    """float64 (n, 6): frame, identity, x1 y1 x2 y2 of people who walk and are lost now and then."""
    start = rng.uniform(0, 1800, (PEOPLE, 2))
    speed = rng.normal(0, 1.5, (PEOPLE, 2))
    frame, person = np.nonzero(rng.random((frames, PEOPLE)) > 0.1)
    place = (start[person] + speed[person] * frame[:, None]) % [1800, 900]
    return np.column_stack([frame, person, place, place + SIZE]).astype(np.float64)


def perturb(truth, rng: np.random.Generator):
    """What an annotator makes of it: jitter, misses, identities that break."""
    rows = truth[rng.random(len(truth)) > 0.08].copy()
    rows[:, 2:] += rng.normal(0, 6, (len(rows), 4))
    rows[:, 1] += PEOPLE * (rows[:, 0] // 3000)
    return rows


def table(side: Detections):
    frames = side.frames - 1  # MOTChallenge counts from 1
    return np.column_stack([frames, side.identities, side.boxes]).astype(np.float64)


def ours(left, right) -> tuple[float, dict[str, float]]:
    seconds, summary = [], {}
    for _ in range(RUNS):
        start = time.process_time()
        sides = [
            detections(rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), rows[:, 2:])
            for rows in (left, right)
        ]
        summary = score_tracks(*sides).summary()
        seconds.append(time.process_time() - start)
    return min(seconds), summary


def compare(name: str, left, right, runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "boxes.npz"
        np.savez(path, left=left, right=right)
        theirs = peer.run("trackeval", str(path), str(runs))
    quick, found = ours(left, right)
    for metric, value in theirs["values"].items():
        if abs(found[metric] - value) > TOLERANCE.get(metric, 1e-9):
            sys.exit(f"{metric} of {name}: {found[metric]} against {value} by TrackEval")
    report(
        name,
        ratio=quick / theirs["seconds"],
        to="CPU seconds of TrackEval on the same boxes",
        goal=GOAL,
        at_most=True,
        inputs={
            "frames": int(left[:, 0].max()) + 1,
            "boxes": [len(left), len(right)],
            "seconds": round(quick, 2),
            "trackeval_seconds": round(theirs["seconds"], 2),
        },
        packages=theirs["versions"],
    )


def main() -> None:
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else FRAMES
    rng = np.random.default_rng(SEED)
    truth = crowd(rng, frames)
    compare("scoring", truth, perturb(truth, rng), 1)
    if MOT.is_dir():
        left = table(read_truth(MOT / "gt" / LARGEST / "gt" / "gt.txt"))
        right = table(read_prediction(MOT / "trackers" / "t" / "data" / f"{LARGEST}.txt"))
        compare(f"scoring of {LARGEST}", left, right, RUNS)


if __name__ == "__main__":
    main()
