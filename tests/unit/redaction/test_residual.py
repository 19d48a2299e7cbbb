"""A hit is exposed when it is on the source too and masks cover less than half of it."""

import numpy as np
import pytest

from workforce.redaction.residual import covered_share, exposed, size_bin, size_bins

FACE = [100.0, 100.0, 140.0, 140.0]


def boxes(*rows):
    return np.array(rows, float).reshape(-1, 4)


def test_a_face_without_a_mask_is_exposed():
    assert exposed(boxes(FACE), boxes(FACE), boxes()).tolist() == [FACE]


def test_a_hit_on_a_blurred_ellipse_is_not():
    assert not len(exposed(boxes(FACE), boxes(FACE), boxes([95, 95, 145, 145])))


def test_a_hit_that_only_the_output_has_is_not():
    assert not len(exposed(boxes([300, 300, 340, 340]), boxes(FACE), boxes()))
    assert not len(exposed(boxes(), boxes(FACE), boxes()))


@pytest.mark.parametrize(("right", "is_exposed"), [(119, True), (121, False)])
def test_half_covered_is_the_limit(right, is_exposed):
    masks = boxes([90, 90, right, 150])
    assert bool(len(exposed(boxes(FACE), boxes(FACE), masks))) is is_exposed


def test_the_best_of_several_masks_counts():
    shares = covered_share(boxes(FACE), boxes([0, 0, 1, 1], [100, 100, 140, 130]))
    assert shares.tolist() == [0.75]


@pytest.mark.parametrize(("side", "name"), [(8, 0), (16, 1), (31, 1), (32, 2), (64, 3), (500, 3)])
def test_sizes_go_by_the_shorter_side(side, name):
    assert size_bin(np.array([0, 0, 3 * side, side])) == size_bins()[name]
