"""What a child says is checked before it is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.media.errors import MediaFailed
from core.media.hearsay import (
    checked_damage,
    checked_facts,
    checked_pairs,
    checked_thumbnail,
    checked_times,
    require_countable,
)
from core.media.inside.timing import MAX_FRAMES

FACTS = {
    "bit_depth": 8,
    "codec": "h264",
    "container": "mp4",
    "height": 240,
    "interlaced": False,
    "pixel_format": "yuv420p",
    "rotation": 0,
    "stored_height": 240,
    "stored_width": 320,
    "width": 320,
    "time_base": [1, 12800],
    "sample_aspect": [1, 1],
    "audio_codec": None,
    "color": {"range": 1},
}
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def test_honest_facts_pass():
    assert checked_facts(FACTS | {"ticks_per_second": 12800}) == FACTS | {"ticks_per_second": 12800}


@pytest.mark.parametrize(
    "lie",
    [
        {"codec": 5},
        {"codec": "x" * 33},
        {"width": 0},
        {"width": True},
        {"height": "240"},
        {"rotation": 45},
        {"interlaced": 1},
        {"time_base": [1, 0]},
        {"time_base": [1]},
        {"time_base": "1/25"},
        {"sample_aspect": [-1, 1]},
        {"color": {"matrix": "bt709; rm"}},
        {"color": None},
        {"audio_codec": ["aac"]},
        {"ticks_per_second": "1:1"},
    ],
)
def test_a_lie_about_the_clip_is_an_error(lie):
    with pytest.raises(MediaFailed, match="nonsense"):
        checked_facts(FACTS | lie)


@pytest.mark.parametrize("name", sorted(set(FACTS) - {"audio_codec"}))
def test_a_fact_that_is_missing_is_an_error(name):
    with pytest.raises(MediaFailed):
        checked_facts({key: value for key, value in FACTS.items() if key != name})


@pytest.mark.parametrize(
    "check", [checked_facts, checked_times, checked_pairs, checked_damage, checked_thumbnail]
)
@given(said=ANY)
def test_whatever_is_said_is_believed_whole_or_refused(check, said):
    try:
        believed = check(said)
    except MediaFailed:
        return
    part = isinstance(said, dict) and believed in said.values()
    assert believed == said or part or list(map(list, believed)) == said


def test_times_are_whole_numbers():
    assert checked_times([3, -1]) == [3, -1]
    assert checked_pairs([[0, 1]]) == [(0, 1)]
    for lie in ([1.5], ["1"], [1 << 70], [None], "12"):
        with pytest.raises(MediaFailed):
            checked_times(lie)
    for lie in ([[1]], [[1, 2, 3]], [1]):
        with pytest.raises(MediaFailed):
            checked_pairs(lie)


def test_counts_are_numbers():
    assert checked_damage({"damaged": 3}) == 3
    assert checked_thumbnail({"thumbnail": 7}) == 7


def test_no_clip_has_that_many_frames():
    require_countable(MAX_FRAMES)
    with pytest.raises(MediaFailed, match="5,000,000 frames"):
        require_countable(MAX_FRAMES + 1)
