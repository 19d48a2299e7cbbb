"""Clips become ranges of frames."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workforce.tasks.slicing import ranges

lengths = st.integers(1, 300)


@given(st.integers(1, 3000), lengths, st.data())
def test_every_frame_is_covered_and_neighbours_share_the_overlap(frames, length, data):
    overlap = data.draw(st.integers(0, length - 1))
    cut = list(ranges(frames, length, overlap))

    assert cut[0][0] == 0
    assert cut[-1][1] == frames - 1
    for (_, last), (first, _) in pairwise(cut):
        assert last + 1 - first == overlap
    assert all(0 <= first <= last < first + length for first, last in cut)
    # Only the last may be shorter, and never lies inside the one before.
    assert all(last - first + 1 == length for first, last in cut[:-1])
    assert len({last for _, last in cut}) == len(cut)


@pytest.mark.parametrize(
    ("frames", "length", "overlap", "expected"),
    [
        (1, 100, 10, [(0, 0)]),
        (100, 100, 10, [(0, 99)]),
        (101, 100, 10, [(0, 99), (90, 100)]),
        (250, 100, 10, [(0, 99), (90, 189), (180, 249)]),
        (3, 1, 0, [(0, 0), (1, 1), (2, 2)]),
    ],
)
def test_ranges_known_by_hand(frames, length, overlap, expected):
    assert list(ranges(frames, length, overlap)) == expected


@pytest.mark.parametrize("wrong", [(0, 10, 0), (10, 0, 0), (10, 10, 10), (10, 10, -1)])
def test_ranges_that_would_never_end_are_refused(wrong):
    with pytest.raises(ValueError, match="shorter"):
        list(ranges(*wrong))
