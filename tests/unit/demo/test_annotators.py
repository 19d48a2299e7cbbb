"""Simulated annotators err as much as their skill says."""

import numpy as np
import pytest

from core.demo.annotators import BAD, FAIR, GOOD, annotate
from core.demo.scene import HEIGHT, WIDTH, Scene
from core.demo.truth import from_wire


@pytest.fixture(scope="module")
def truth():
    scene = Scene(seed=11, frame_count=120)
    for _ in scene.frames():
        pass
    return scene.truth


def hand_in(truth, skill, seed=1):
    return annotate(
        truth.between(0, 120),
        stop=120,
        skill=skill,
        rng=np.random.default_rng(seed),
        width=WIDTH,
        height=HEIGHT,
    )


def mean_best_overlap(truth, wires):
    """Mean over true boxes of the best IoU that any handed-in box of that frame has."""
    handed_in = [from_wire(w, 120).sightings for w in wires]
    best = []
    for track in truth.between(0, 120):
        for frame, seen in track.sightings.items():
            rivals = [s[frame].box for s in handed_in if frame in s]
            best.append(max((overlap(seen.box, r) for r in rivals), default=0.0))
    return float(np.mean(best))


def overlap(a, b):
    wide = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    both = wide * high
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def test_skill_orders_the_results(truth):
    good, fair, bad = (mean_best_overlap(truth, hand_in(truth, s)) for s in (GOOD, FAIR, BAD))
    assert good > 0.9
    assert good > fair > bad
    assert bad < 0.7


def test_a_good_annotator_finds_every_object_once(truth):
    wires = hand_in(truth, GOOD)
    assert len(wires) == len(truth.between(0, 120))
    assert len({w["id"] for w in wires}) == len(wires)


def test_ids_are_the_annotators_own_never_those_of_the_truth(truth):
    assert {w["id"] for w in hand_in(truth, BAD)}.isdisjoint(t.id for t in truth.tracks)


@pytest.mark.parametrize("skill", [GOOD, FAIR, BAD], ids=lambda s: s.name)
def test_what_is_handed_in_is_valid_wire_form(truth, skill):
    for wire in hand_in(truth, skill):
        frames = [frame for frame, _, _ in wire["keyframes"]]
        assert frames == sorted(set(frames))
        assert 0 <= frames[0] <= frames[-1] < 120
        for _, _, (x1, y1, x2, y2) in wire["keyframes"]:
            assert 0 <= x1 < x2 <= WIDTH
            assert 0 <= y1 < y2 <= HEIGHT


def test_nothing_to_label_means_an_empty_task():
    rng = np.random.default_rng(0)
    assert annotate([], stop=10, skill=BAD, rng=rng, width=WIDTH, height=HEIGHT) == []


def test_the_same_seed_errs_the_same_way(truth):
    assert hand_in(truth, BAD, 5) == hand_in(truth, BAD, 5)
    assert hand_in(truth, BAD, 5) != hand_in(truth, BAD, 6)
