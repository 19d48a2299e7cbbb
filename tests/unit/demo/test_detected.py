"""Tracks from the person detector, for footage without truth."""

import cv2
import numpy as np
import pytest

from core.demo.detected import EVERY, overlap, person_tracks


def frames(count, picture):
    return [(index, picture) for index in range(count)]


def test_an_empty_street_gives_no_tracks():
    grey = np.full((288, 384, 3), 128, np.uint8)
    assert person_tracks(frames(20, grey), np.random.default_rng(1)) == []


@pytest.mark.shared
def test_people_in_vtest_are_tracked_near_their_truth(shared_data):
    # Given the first 60 frames of vtest.avi, then every track lies on a person of its truth in
    # most of its frames, and its frames have no gaps.
    reader = cv2.VideoCapture(str(shared_data / "footage" / "vtest.avi"))
    pictures = [(index, reader.read()[1]) for index in range(60)]
    truth: dict[int, list] = {}
    for line in (shared_data / "footage" / "vtest.PETS09-S2L1.gt.txt").read_text().splitlines():
        frame, _, x, y, w, h = (float(v) for v in line.split(",")[:6])
        truth.setdefault(int(frame) - 1, []).append((x, y, x + w, y + h))
    tracks = person_tracks(pictures, np.random.default_rng(1))
    assert tracks
    for track in tracks:
        seen = sorted(track.sightings)
        assert seen == list(range(seen[0], seen[-1] + 1))
        assert len(seen) > 2 * EVERY
    on_somebody = [
        max(overlap(s.box, t) for t in truth[f]) > 0.3
        for track in tracks
        for f, s in track.sightings.items()
    ]
    assert np.mean(on_somebody) > 0.7


def test_overlap_of_boxes():
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (10, 10, 20, 20)) == 0
