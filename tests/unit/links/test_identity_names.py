"""An identity keeps its name from one release to the next as long as most of it stays."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from workforce.links.naming import named

A, B, C, D, E = ((UUID(int=n), UUID(int=n)) for n in range(5))
refs = st.integers(0, 12).map(lambda n: (UUID(int=n), UUID(int=n)))


@st.composite
def parts(draw):
    """Tracks in some identities, each in one only."""
    groups = draw(st.lists(st.integers(0, 4), max_size=12))
    made: dict[int, list] = {}
    for number, group in enumerate(groups):
        made.setdefault(group, []).append((UUID(int=number), UUID(int=number)))
    return list(made.values())


@given(parts())
def test_the_same_tracks_keep_their_names_and_a_second_run_gives_them_again(some):
    first = named(some, {})

    assert sorted(map(sorted, first.values())) == sorted(map(sorted, some))
    assert named(some, first) == first
    assert named(list(reversed(some)), {}) == first


@given(parts(), parts())
def test_every_part_has_one_name_of_its_own(before, after):
    found = named(after, named(before, {}))

    assert len(found) == len(after)
    assert sorted(map(sorted, found.values())) == sorted(map(sorted, after))


def test_what_grows_and_what_is_split_keeps_the_name_with_most_of_it():
    (name,) = named([[A, B, C]], {})

    assert named([[A, B, C, D]], {name: (A, B, C)}) == {name: (A, B, C, D)}
    split = named([[A, B], [C, D]], {name: (A, B, C)})
    assert split[name] == (A, B)
    assert len(split) == 2


def test_of_two_that_are_joined_the_larger_names_both():
    before = named([[A, B, C], [D, E]], {})

    (name,) = named([[A, B, C, D, E]], before)
    assert before[name] == (A, B, C)
