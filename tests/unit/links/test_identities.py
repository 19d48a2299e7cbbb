"""Who is one object follows from what was said of pairs, and what cannot be is found."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workforce.links.identities import (
    Kind,
    Link,
    Sighting,
    Verdict,
    contradictions,
    identities,
    in_two_places,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GATE, YARD = UUID(int=71), UUID(int=72)


def ref(number, clip=None):
    return UUID(int=1000 + (number if clip is None else clip)), UUID(int=number)


def seen(camera, *minutes, frames=()):
    """A sighting by a camera for one minute from each of these minutes past noon."""
    times = [(NOON + timedelta(minutes=m), NOON + timedelta(minutes=m + 1)) for m in minutes]
    return Sighting(camera, list(frames) or [(0, 9)], times)


@st.composite
def said(draw, most=8):
    """Some tracks, each in a clip of its own, and decisions about pairs of them."""
    refs = [ref(number) for number in range(draw(st.integers(1, most)))]
    pairs = list(combinations(refs, 2))
    if not pairs:
        return refs, []
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True))
    return refs, [Link(a, b, draw(st.sampled_from(Verdict))) for a, b in chosen]


def nowhere(refs):
    return {one: Sighting(None, [(0, 0)]) for one in refs}


@given(said())
def test_each_track_is_in_one_identity_which_is_what_same_reaches(given_links):
    refs, links = given_links
    parts = identities(refs, links)

    assert sorted(one for part in parts for one in part) == sorted(refs)
    of = {one: part for part in parts for one in part}
    reached = {one: {one} for one in refs}
    for _ in refs:
        for link in links:
            if link.verdict == Verdict.SAME:
                both = reached[link.first] | reached[link.second]
                for one in both:
                    reached[one] = reached[one] | both
    assert {one: set(part) for one, part in of.items()} == reached


@given(said(), st.randoms(use_true_random=False))
def test_order_and_direction_of_decisions_mean_nothing(given_links, random):
    refs, links = given_links
    turned = [
        Link(link.second, link.first, link.verdict) if random.random() < 0.5 else link
        for link in links
    ]
    random.shuffle(turned)

    assert identities(refs, turned) == identities(refs, links)
    ends = [(c.kind, c.ends) for c in contradictions(nowhere(refs), links)]
    assert [(c.kind, c.ends) for c in contradictions(nowhere(refs), turned)] == ends


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.data())
def test_what_fits_one_truth_contradicts_nothing(truth, data):
    refs = [ref(number) for number in range(len(truth))]
    pairs = data.draw(
        st.lists(st.sampled_from(list(combinations(range(len(truth)), 2)) or [(0, 0)]))
    )
    links = [
        Link(refs[a], refs[b], Verdict.SAME if truth[a] == truth[b] else Verdict.DIFFERENT)
        for a, b in pairs
        if a != b
    ]

    assert contradictions(nowhere(refs), links) == []


@given(said())
def test_each_different_inside_an_identity_is_told_with_the_chain_that_leads_there(given_links):
    refs, links = given_links
    together = {one: part for part in identities(refs, links) for one in part}
    wrong = {
        frozenset((link.first, link.second))
        for link in links
        if link.verdict == Verdict.DIFFERENT and together[link.first] == together[link.second]
    }
    same = {frozenset((link.first, link.second)) for link in links if link.verdict == Verdict.SAME}

    found = contradictions(nowhere(refs), links)

    assert {frozenset(one.ends) for one in found} == wrong
    assert {one.kind for one in found} <= {Kind.INTRANSITIVE}
    for one in found:
        assert all(frozenset(step) in same for step in zip(one.chain, one.chain[1:], strict=False))


def test_the_chain_is_the_shortest():
    a, b, c, d = (ref(number) for number in range(4))
    same = [(a, b), (b, c), (c, d), (a, d)]
    links = [Link(*pair, Verdict.SAME) for pair in same] + [Link(a, c, Verdict.DIFFERENT)]

    (found,) = contradictions(nowhere([a, b, c, d]), links)
    assert found.chain in {(a, b, c), (a, d, c)}


AT = {
    "two cameras at one time": (seen(GATE, 0), seen(YARD, 0), True),
    "two cameras one after the other": (seen(GATE, 0), seen(YARD, 5), False),
    "gaps of one hold the other": (seen(GATE, 0, 10), seen(YARD, 5), False),
    "one camera, two files": (seen(GATE, 0), seen(GATE, 0), False),
    "no camera is known": (seen(None, 0), seen(None, 0), True),
    "no clock is known": (Sighting(GATE, [(0, 9)]), Sighting(YARD, [(0, 9)]), False),
}


@pytest.mark.parametrize(("a", "b", "wrong"), AT.values(), ids=AT.keys())
def test_nobody_is_in_two_places_at_once(a, b, wrong):
    both = {ref(1): a, ref(2): b}

    assert in_two_places(ref(1), ref(2), both) is wrong
    found = contradictions(both, [Link(ref(1), ref(2), Verdict.SAME)])
    assert [one.kind for one in found] == [Kind.TWO_PLACES] * wrong


def test_cameras_whose_views_overlap_may_see_one_object_at_once():
    both = {ref(1): seen(GATE, 0), ref(2): seen(YARD, 0)}

    assert not in_two_places(ref(1), ref(2), both, frozenset({frozenset((GATE, YARD))}))


def test_two_seconds_are_the_clocks_of_the_cameras():
    late = Sighting(YARD, [(0, 9)], [(NOON + timedelta(seconds=58), NOON + timedelta(minutes=3))])
    later = Sighting(YARD, [(0, 9)], [(NOON + timedelta(seconds=57), NOON + timedelta(minutes=3))])

    assert not in_two_places(ref(1), ref(2), {ref(1): seen(GATE, 0), ref(2): late})
    assert in_two_places(ref(1), ref(2), {ref(1): seen(GATE, 0), ref(2): later})


def test_in_one_picture_nobody_is_twice():
    a, b = ref(1, clip=5), ref(2, clip=5)
    beside = {a: seen(GATE, 0, frames=[(0, 9)]), b: seen(GATE, 0, frames=[(9, 12)])}
    after = {a: seen(GATE, 0, frames=[(0, 9)]), b: seen(GATE, 0, frames=[(10, 12)])}

    assert in_two_places(a, b, beside)
    assert not in_two_places(a, b, after)
