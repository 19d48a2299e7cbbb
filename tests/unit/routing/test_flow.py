"""The assignment: within capacity always, near the optimum always, and the optimum is checked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from workforce.routing.flow import STEP, assign, greedy


@st.composite
def graphs(draw):
    tasks, people = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    edges = draw(
        st.lists(
            st.tuples(st.integers(0, tasks - 1), st.integers(0, people - 1)),
            unique=True,
            max_size=40,
        )
    )
    edges.sort()
    values = draw(st.lists(st.integers(1, 1000), min_size=len(edges), max_size=len(edges)))
    capacity = draw(st.lists(st.integers(1, 4), min_size=people, max_size=people))
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    return (
        ends[:, 0],
        ends[:, 1],
        np.array(values, dtype=np.float64),
        np.array(capacity, dtype=np.int64),
        tasks,
    )


def optimum(task, person, value, capacity, tasks):
    places = np.repeat(np.arange(len(capacity)), capacity)
    worth = np.zeros((tasks, len(places)))
    for a, b, v in zip(task, person, value, strict=True):
        worth[a, places == b] = v
    return worth[linear_sum_assignment(worth, maximize=True)].sum()


@pytest.mark.parametrize("solver", [assign, greedy])
@given(graphs())
def test_each_task_goes_to_one_and_nobody_gets_more_than_they_take(solver, graph):
    task, person, _, capacity, tasks = graph
    chosen = solver(*graph)
    given_tasks = np.nonzero(chosen >= 0)[0]
    assert len(chosen) == tasks
    assert (task[chosen[given_tasks]] == given_tasks).all()
    taken = np.bincount(person[chosen[given_tasks]], minlength=len(capacity))
    assert (taken <= capacity).all()


@given(graphs())
def test_the_auction_is_within_a_step_a_task_of_the_optimum(graph):
    value, tasks = graph[2], graph[4]
    chosen = assign(*graph)
    total = value[chosen[chosen >= 0]].sum()
    slack = tasks * STEP * value.mean() if len(value) else 0.0
    assert total >= optimum(*graph) - slack - 1e-6


@given(graphs())
def test_the_greedy_way_reaches_half_of_the_optimum_at_least(graph):
    chosen = greedy(*graph)
    assert graph[2][chosen[chosen >= 0]].sum() >= optimum(*graph) / 2
