"""Our scorer against the per-frame loops of the public evaluators, on a crowd made here.

The loops below compute HOTA, CLEAR and Identity as TrackEval's code does: one similarity matrix and
one Hungarian matching for each frame, one pass for each threshold. Both must agree to 1e-9.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from workforce.quality.scoring.detections import detections
from workforce.quality.scoring.summary import score_tracks

FRAMES, PEOPLE, SEED = 1500, 40, 11
GOAL = 3.0
ALPHAS = np.arange(0.05, 0.99, 0.05)
EPS = np.finfo(float).eps


def crowd(rng: np.random.Generator):
    """Rows (frame, identity, x1, y1, x2, y2) of people who walk and are lost now and then."""
    start = rng.uniform(0, 1800, (PEOPLE, 2))
    speed = rng.normal(0, 1.5, (PEOPLE, 2))
    rows = []
    for frame in range(FRAMES):
        place = (start + speed * frame) % [1800, 900]
        for identity in np.nonzero(rng.random(PEOPLE) > 0.1)[0]:
            x, y = place[identity]
            rows.append((frame, identity, x, y, x + 60, y + 160))
    return np.array(rows)


def perturb(truth, rng: np.random.Generator):
    """What an annotator makes of it: jitter, misses, identities that break."""
    rows = truth[rng.random(len(truth)) > 0.08].copy()
    rows[:, 2:] += rng.normal(0, 6, (len(rows), 4))
    rows[:, 1] += PEOPLE * (rows[:, 0] // 300)
    return rows


def iou(a, b):
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    area = (a[:, 2:] - a[:, :2]).prod(axis=1)[:, None] + (b[:, 2:] - b[:, :2]).prod(axis=1)[None]
    return shared / (area - shared)


def by_frame(rows):
    _, identities = np.unique(rows[:, 1], return_inverse=True)
    cut = np.searchsorted(rows[:, 0], np.arange(FRAMES + 1))
    return [(identities[a:b], rows[a:b, 2:]) for a, b in pairwise(cut)], identities.max() + 1


def looped(truth, prediction) -> dict[str, float]:
    left, lefts = by_frame(truth)
    right, rights = by_frame(prediction)
    similarity = [iou(a[1], b[1]) for a, b in zip(left, right, strict=True)]
    result = looped_hota(left, right, similarity, (lefts, rights))
    result |= looped_clear(left, right, similarity, lefts)
    return result | looped_identity(left, right, similarity, (lefts, rights))


def looped_hota(left, right, similarity, sizes):
    together, counts = np.zeros(sizes), (np.zeros((sizes[0], 1)), np.zeros((1, sizes[1])))
    for (g, _), (p, _), s in zip(left, right, similarity, strict=True):
        total = s.sum(0)[None] + s.sum(1)[:, None] - s
        together[g[:, None], p[None]] += np.divide(
            s, total, out=np.zeros_like(s), where=total > EPS
        )
        counts[0][g] += 1
        counts[1][0, p] += 1
    alignment = together / (counts[0] + counts[1] - together)
    matches = [np.zeros(sizes) for _ in ALPHAS]
    found, located = np.zeros(len(ALPHAS)), np.zeros(len(ALPHAS))
    for (g, _), (p, _), s in zip(left, right, similarity, strict=True):
        rows, columns = linear_sum_assignment(-alignment[g[:, None], p[None]] * s)
        for a, alpha in enumerate(ALPHAS):
            near = s[rows, columns] >= alpha - EPS
            found[a] += near.sum()
            located[a] += s[rows[near], columns[near]].sum()
            matches[a][g[rows[near]], p[columns[near]]] += 1
    total = sum(len(g) for g, _ in left) + sum(len(p) for p, _ in right)
    det_a = found / (total - found)
    ass_a = np.array(
        [
            (m * m / np.maximum(1, counts[0] + counts[1] - m)).sum() / max(1, f)
            for m, f in zip(matches, found, strict=True)
        ]
    )
    return {"HOTA": np.sqrt(det_a * ass_a).mean(), "LocA": (located / np.maximum(1, found)).mean()}


def looped_clear(left, right, similarity, identities):
    last, before = np.full(identities, -1), np.full(identities, -1)
    true, false, missed, switched = 0, 0, 0, 0
    for (g, _), (p, _), s in zip(left, right, similarity, strict=True):
        score = 1000 * (p[None] == before[g[:, None]]) + s
        score[s < 0.5 - EPS] = 0
        rows, columns = linear_sum_assignment(-score)
        near = score[rows, columns] > EPS
        who, whom = g[rows[near]], p[columns[near]]
        switched += ((last[who] >= 0) & (last[who] != whom)).sum()
        last[who] = whom
        before[:] = -1
        before[who] = whom
        true += len(who)
        false += len(p) - len(who)
        missed += len(g) - len(who)
    return {"MOTA": (true - false - switched) / (true + missed), "IDSW": float(switched)}


def looped_identity(left, right, similarity, sizes):
    together = np.zeros(sizes)
    for (g, _), (p, _), s in zip(left, right, similarity, strict=True):
        rows, columns = np.nonzero(s >= 0.5)
        together[g[rows], p[columns]] += 1
    kept = together[linear_sum_assignment(-together)].sum()
    total = sum(len(g) for g, _ in left) + sum(len(p) for p, _ in right)
    return {"IDF1": 2 * kept / total}


def ours(truth, prediction) -> dict[str, float]:
    sides = [
        detections(rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), rows[:, 2:])
        for rows in (truth, prediction)
    ]
    return score_tracks(*sides).summary()


def fastest(run, times: int) -> tuple[float, dict[str, float]]:
    best, result = float("inf"), {}
    for _ in range(times):
        start = time.process_time()
        result = run()
        best = min(best, time.process_time() - start)
    return best, result


def main() -> None:
    rng = np.random.default_rng(SEED)
    truth = crowd(rng)
    prediction = perturb(truth, rng)
    slow, expected = fastest(lambda: looped(truth, prediction), 2)
    quick, found = fastest(lambda: ours(truth, prediction), 3)
    for metric, value in expected.items():
        if abs(found[metric] - value) > 1e-9:
            sys.exit(f"{metric}: {found[metric]} against {value} by the loops")
    ratio = slow / quick
    print(
        json.dumps(
            {
                "name": "scoring",
                "ratio": round(ratio, 2),
                "to": "per-frame loops as in the public evaluators",
                "goal": GOAL,
                "met": ratio >= GOAL,
                "inputs": {"frames": FRAMES, "boxes": len(truth) + len(prediction), "seed": SEED},
            }
        )
    )


if __name__ == "__main__":
    main()
