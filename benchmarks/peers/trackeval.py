"""TrackEval's metrics over files in numpy's form. usage: trackeval.py FILE.npz [RUNS]

The file holds `left` and `right`, float64 (n, 6): frame, identity, x1, y1, x2, y2; frames 0-based.
Prints the metrics and the least CPU seconds of its runs: boxes as arrays in, numbers out, IoU
included; reading the file is not counted. Source of the calls: trackeval.datasets.
"""

import contextlib
import io
import json
import os
import sys
import time
from importlib.metadata import version
from itertools import pairwise

import numpy as np
import trackeval
from trackeval.datasets._base_dataset import _BaseDataset


def by_frame(rows, frames):
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    _, identities = np.unique(rows[:, 1], return_inverse=True)
    cut = np.searchsorted(rows[:, 0], np.arange(frames + 1))
    ids = [identities[a:b] for a, b in pairwise(cut)]
    boxes = [rows[a:b, 2:] for a, b in pairwise(cut)]
    return ids, boxes, int(identities.max()) + 1


def prepared(left, right):
    frames = int(max(left[:, 0].max(), right[:, 0].max())) + 1
    gt_ids, gt_boxes, gt_count = by_frame(left, frames)
    tracker_ids, tracker_boxes, tracker_count = by_frame(right, frames)
    iou = _BaseDataset._calculate_box_ious  # noqa: SLF001 - what its data sets call themselves
    similarity = [
        iou(a, b, box_format="x0y0x1y1") for a, b in zip(gt_boxes, tracker_boxes, strict=True)
    ]
    return {
        "gt_ids": gt_ids,
        "tracker_ids": tracker_ids,
        "similarity_scores": similarity,
        "num_gt_ids": gt_count,
        "num_tracker_ids": tracker_count,
        "num_gt_dets": len(left),
        "num_tracker_dets": len(right),
        "num_timesteps": frames,
    }


def scored(left, right):
    data = prepared(left, right)
    result = {}
    with contextlib.redirect_stdout(io.StringIO()):
        metrics = [
            trackeval.metrics.HOTA(),
            trackeval.metrics.CLEAR({"PRINT_CONFIG": False}),
            trackeval.metrics.Identity({"PRINT_CONFIG": False}),
        ]
        for metric in metrics:
            result |= metric.eval_sequence(data)
    return {
        name: float(np.mean(result[name]))
        for name in ("HOTA", "DetA", "AssA", "LocA", "MOTA", "IDF1")
    }


def main():
    held = np.load(sys.argv[1])
    left, right = held["left"], held["right"]
    seconds = []
    for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 1):
        start = time.process_time()
        values = scored(left, right)
        seconds.append(time.process_time() - start)
    versions = {name: version(name) for name in ("trackeval", "numpy", "scipy")}
    print(json.dumps({"seconds": min(seconds), "values": values, "versions": versions}))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
