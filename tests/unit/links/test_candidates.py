"""Which tracks are offered, in which order, and which pictures of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.api.labels.floor import walker
from workforce.labels.tracks import track_from_wire
from workforce.links.appearances import Appearance, appearance
from workforce.links.identities import Sighting
from workforce.links.ranking import MOST, Place, ranked

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GATE, YARD, NORTH, SOUTH = (UUID(int=n) for n in range(1, 5))
ME = (UUID(int=100), UUID(int=1))


def place(number, *, site=NORTH, label="person", height=100.0, **attributes):
    return Place((UUID(int=100 + number), UUID(int=number)), label, attributes, height, site)


def at(minutes, camera=YARD, frames=(0, 9)):
    begins = NOON + timedelta(minutes=minutes)
    return Sighting(camera, [frames], [(begins, begins + timedelta(seconds=30))])


def order(others, sightings, subject=None):
    subject = subject or Place(ME, "person", {"coat": "red"}, 100.0, NORTH)
    found = ranked(subject, others, {ME: at(0, GATE), **sightings})
    return [one.ref[1].int for one in found]


def test_nearer_in_time_comes_first_and_the_impossible_last():
    others = [place(2), place(3), place(4), place(5)]
    times = {2: at(30), 3: at(-2), 4: at(0), 5: at(5)}

    found = order(others, {one.ref: times[one.ref[1].int] for one in others})
    assert found == [3, 5, 2, 4]


def test_site_attributes_and_size_decide_where_time_does_not():
    others = [
        place(2, site=SOUTH),
        place(3, coat="red"),
        place(4, coat="blue"),
        place(5, height=40.0),
    ]

    assert order(others, {one.ref: at(5) for one in others}) == [3, 5, 4, 2]


def test_other_labels_and_who_is_beside_it_in_the_picture_are_no_candidates():
    beside = replace(place(3), ref=(ME[0], UUID(int=3)))
    after = replace(place(4), ref=(ME[0], UUID(int=4)))
    others = [place(2, label="vehicle"), beside, after, Place(ME, "person", {}, 1.0, None)]
    sightings = {others[0].ref: at(1), beside.ref: at(0, GATE), after.ref: at(1, GATE, (10, 20))}

    assert order(others, sightings) == [4]


def test_without_clocks_there_is_still_an_order_and_never_too_many():
    others = [place(number, height=number) for number in range(2, MOST + 20)]
    unknown = {one.ref: Sighting(None, [(0, 9)]) for one in others}

    found = order(others, unknown)
    assert len(found) == MOST
    assert found == sorted(found, reverse=True)


def shown(track, last=99) -> Appearance | None:
    return appearance(UUID(int=9), track_from_wire(track), 0, last, lambda frame: frame / 25)


def test_a_track_is_shown_in_each_third_of_its_life_where_it_is_largest():
    track = walker(start=0, end=89)
    track["keyframes"] = [
        [0, 0, [0, 0, 10, 10]], [29, 0, [0, 0, 60, 60]], [30, 2, [0, 0, 90, 90]],
        [45, 0, [0, 0, 20, 20]], [60, 1, [0, 0, 20, 20]], [80, 0, [0, 0, 30, 30]],
        [89, 0, [0, 0, 20, 20]],
    ]  # fmt: skip

    found = shown(track, last=89)
    assert found is not None
    assert [(run.first, run.last) for run in found.runs] == [(0, 59), (80, 89)]
    assert [(run.begins, run.ends) for run in found.runs] == [(0.0, 2.36), (3.2, 3.56)]
    frames = [view.frame for view in found.views]
    assert frames == sorted(frames)
    assert len(frames) == 3
    assert found.views[0].box[2] >= 40
    assert Appearance.from_json(found.to_json()) == found


def test_a_track_that_is_never_visible_is_not_shown():
    track = walker(start=0, end=10)
    track["keyframes"] = [[0, 1, [0, 0, 10, 10]]]

    assert shown(track) is None
