"""Sightings to the wire form of a track and back."""

from hypothesis import given
from hypothesis import strategies as st

from core.demo.truth import OCCLUDED, OUTSIDE, Sighting, Track, from_wire, mot_rows, to_wire

STOP = 60

boxes = st.tuples(st.floats(0, 400), st.floats(0, 400), st.floats(5, 300), st.floats(5, 300)).map(
    lambda v: (v[0], v[1], v[0] + v[2], v[1] + v[3])
)
sightings = st.dictionaries(
    st.integers(0, STOP - 1), st.builds(Sighting, boxes, st.booleans()), min_size=1
)


@given(sightings)
def test_wire_form_reproduces_every_sighting_within_half_a_pixel(seen):
    track = Track("t", "person", {"type": "adult"}, seen)
    back = from_wire(to_wire(track, stop=STOP), STOP)
    assert set(back.sightings) == set(seen)
    for frame, sighting in seen.items():
        assert back.sightings[frame].occluded == sighting.occluded
        for a, b in zip(back.sightings[frame].box, sighting.box, strict=True):
            assert abs(a - b) <= 0.5 + 1e-6


@given(sightings, st.integers(1, 20))
def test_keyframes_strictly_increase_and_stay_inside_the_clip(seen, every):
    wire = to_wire(Track("t", "person", {}, seen), stop=STOP, every=every)
    frames = [frame for frame, _, _ in wire["keyframes"]]
    assert frames == sorted(set(frames))
    assert frames[-1] < STOP
    assert set(from_wire(wire, STOP).sightings) == set(seen)


def test_a_straight_walk_needs_two_keyframes_and_one_for_leaving():
    seen = {f: Sighting((f * 2.0, 10.0, f * 2.0 + 50, 100.0)) for f in range(10, 40)}
    wire = to_wire(Track("t", "person", {}, seen), stop=STOP)
    assert [(f, flags) for f, flags, _ in wire["keyframes"]] == [(10, 0), (39, 0), (40, OUTSIDE)]


def test_occlusion_is_a_flag_from_its_keyframe_on():
    seen = {f: Sighting((0, 0, 10, 10), 5 <= f < 8) for f in range(STOP)}
    wire = to_wire(Track("t", "person", {}, seen), stop=STOP)
    assert [(f, flags) for f, flags, _ in wire["keyframes"]] == [
        (0, 0),
        (5, OCCLUDED),
        (8, 0),
        (STOP - 1, 0),
    ]


def test_mot_rows_are_one_based_and_sorted_by_frame():
    tracks = [
        Track("a", "person", {}, {0: Sighting((1, 2, 11, 22)), 1: Sighting((2, 2, 12, 22))}),
        Track("b", "person", {}, {0: Sighting((5, 5, 6, 7))}),
    ]
    assert mot_rows(tracks) == (
        "1,1,1.00,2.00,10.00,20.00,1,1,1\n"
        "1,2,5.00,5.00,1.00,2.00,1,1,1\n"
        "2,1,2.00,2.00,10.00,20.00,1,1,1\n"
    )
