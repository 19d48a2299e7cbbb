"""What plate and text detectors find becomes whole plates, and nothing else."""

import numpy as np
import pytest

from workforce.redaction.detectors.base import Detections
from workforce.redaction.detectors.plates import OVERLAP, TILE, Plates, plate_like, tiles, united

PICTURE = np.zeros((540, 960, 3), np.uint8)


class Found:
    """A detector that finds what it was told to."""

    def __init__(self, *boxes):
        self.boxes = np.array(boxes, float).reshape(-1, 4)

    def detect(self, frame):
        return Detections(self.boxes.copy(), np.full(len(self.boxes), 0.9))


def plates(*texts, own=(), overlays=None):
    kit = Plates(
        plates=[Found(*own)],
        texts=[Found(*texts)],
        overlays=None if overlays is None else np.array(overlays, float),
    )
    return kit.detect(PICTURE).boxes


def test_two_pieces_of_one_text_are_one_plate():
    (box,) = plates([100, 50, 140, 66], [150, 51, 210, 67])
    assert box[0] < 100
    assert box[2] > 210


def test_text_within_a_plate_s_own_box_is_that_plate():
    (box,) = plates([110, 52, 190, 66], own=([100, 48, 200, 70],))
    assert box.tolist() == pytest.approx([100, 48, 200, 70], abs=4)


def test_plates_of_two_cars_stay_apart():
    assert len(plates([100, 50, 180, 66], [300, 50, 380, 66])) == 2


def test_lines_above_each_other_stay_apart():
    assert len(plates([100, 50, 180, 66], [100, 90, 180, 106])) == 2


@pytest.mark.parametrize(
    ("box", "is_plate"),
    [
        ([0, 0, 104, 22], True),
        ([0, 0, 40, 30], True),  # two rows, as on motorcycles
        ([0, 0, 300, 25], False),  # a line of an overlay
        ([0, 0, 20, 60], False),  # upright writing
        ([0, 0, 12, 4], False),  # too small to read
        ([0, 0, 400, 120], False),  # a shop front
    ],
)
def test_the_shape_of_a_plate(box, is_plate):
    assert plate_like(np.array([box], float), height=540).tolist() == [is_plate]


def test_text_in_an_overlay_is_no_plate_but_a_plate_there_is():
    clock = [[0, 0, 400, 40]]
    assert len(plates([10, 10, 90, 28], overlays=clock)) == 0
    assert len(plates(own=([10, 10, 90, 28],), overlays=clock)) == 1


def test_uniting_nothing_gives_nothing():
    assert len(united(np.zeros((0, 4)), np.zeros(0)).boxes) == 0


@pytest.mark.parametrize("size", [(240, 320), (720, 1280), (1080, 1920), (2160, 3840)])
def test_tiles_cover_the_picture_and_overlap(size):
    picture = np.zeros((*size, 3), np.uint8)
    seen = np.zeros(size, int)
    for x, y, tile in tiles(picture):
        high, wide = tile.shape[:2]
        assert max(high, wide) <= TILE
        seen[y : y + high, x : x + wide] += 1
    assert seen.min() >= 1
    # A plate of the overlap's width lies whole in some tile, wherever it is.
    columns = [(x, x + tile.shape[1]) for x, y, tile in tiles(picture) if y == 0]
    for left in range(0, size[1] - OVERLAP + 1, 16):
        assert any(a <= left and left + OVERLAP <= b for a, b in columns)


def test_hits_in_tiles_are_in_the_picture_s_pixels():
    wide = np.zeros((400, 2400, 3), np.uint8)
    kit = Plates(plates=[Found([10, 10, 90, 30])], texts=[])
    lefts = sorted(kit.detect(wide).boxes[:, 0].tolist())
    assert lefts == [float(x + 10) for x, _, _ in tiles(wide)]
