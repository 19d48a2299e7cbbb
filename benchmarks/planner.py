"""The planner's assignment, against OR-tools' min-cost flow on the same graph.

Tasks and people in groups by skill; each task may go to 1 to 20 people of its group, and is worth
priority x fit with each. `planner` is our auction, `planner.greedy` the fallback. Both times hold
the building of the solver's own graph. OR-tools is the yardstick only (requirements-bench.txt).

Usage: benchmarks/planner.py [TASKS] [PEOPLE]
"""

import json
import sys
import time
from importlib.metadata import version

import numpy as np

from workforce.routing.flow import assign, greedy

CANDIDATES, PLACES = 20, 10
SHARE, TIMES = 0.99, 3.0
ROUNDS = 3


def drawn(tasks, people):
    """Give edges (task, person, value) and people's capacities."""
    draw = np.random.default_rng(1)
    groups = max(1, people // 100)
    skill = draw.integers(0, groups, people)
    members = [np.nonzero(skill == group)[0] for group in range(groups)]
    wanted = draw.integers(0, groups, tasks)
    degree = draw.integers(1, CANDIDATES + 1, tasks)
    chosen = [
        draw.choice(members[group], min(count, len(members[group])), replace=False)
        for group, count in zip(wanted, degree, strict=True)
    ]
    task = np.repeat(np.arange(tasks), [len(row) for row in chosen])
    person = np.concatenate(chosen)
    priority = np.clip(draw.lognormal(0, 0.6, tasks), 0.2, 5)
    noise = 0.1 * draw.standard_normal(len(person))
    fit = np.clip(0.75 + 0.12 * draw.standard_normal(people)[person] + noise, 0, 1)
    value = np.maximum(1, (priority[task] * fit * 1000).astype(np.int64))
    return task, person, value, np.maximum(1, draw.poisson(PLACES, people)).astype(np.int64)


def optimum(task, person, value, capacity, tasks):
    """The greatest sum of values, by OR-tools."""
    from ortools.graph.python import min_cost_flow  # noqa: PLC0415 - an optional extra

    people = len(capacity)
    source, sink = tasks + people, tasks + people + 1
    every = np.arange(tasks)
    heads = [np.full(tasks, source), task, tasks + np.arange(people), every]
    tails = [every, tasks + person, np.full(people, sink), np.full(tasks, sink)]
    room = [np.ones(tasks), np.ones(len(task)), capacity, np.ones(tasks)]
    cost = [np.zeros(tasks), -value, np.zeros(people), np.zeros(tasks)]
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate(heads),
        np.concatenate(tails),
        np.concatenate(room).astype(np.int64),
        np.concatenate(cost).astype(np.int64),
    )
    flow.set_node_supply(source, tasks)
    flow.set_node_supply(sink, -tasks)
    if flow.solve() != flow.OPTIMAL:
        sys.exit("OR-tools found no optimum")
    return int((flow.flows(arcs)[tasks : tasks + len(task)] * value).sum())


def checked(chosen, task, person, value, capacity):
    """The sum of an assignment, once it is one."""
    given = np.nonzero(chosen >= 0)[0]
    edges = chosen[given]
    if (task[edges] != given).any() or (
        np.bincount(person[edges], minlength=len(capacity)) > capacity
    ).any():
        sys.exit("this is no assignment")
    return int(value[edges].sum())


def fastest(run):
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - start)
    return result, min(times)


def main():
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    people = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000
    graph = task, person, value, capacity = drawn(tasks, people)
    try:
        best, yardstick = fastest(lambda: optimum(*graph, tasks))
    except ImportError:
        sys.exit("this bench needs OR-tools as its yardstick: make bench installs it")
    for name, solver, goal in (("planner", assign, SHARE), ("planner.greedy", greedy, None)):
        run = (task, person, value.astype(float), capacity, tasks)
        chosen, seconds = fastest(lambda solver=solver, run=run: solver(*run))
        inputs = {
            "tasks": tasks,
            "people": people,
            "edges": len(task),
            "seconds": {"ours": round(seconds, 3), "ortools": round(yardstick, 3)},
        }
        share = checked(chosen, *graph) / best
        figures = (
            # The fallback has no goal of its own; its figure stands beside the planner's.
            (name, share, "OR-tools' optimum", goal, share >= goal if goal else None),
            (f"{name}.time", seconds / yardstick, "OR-tools' time", TIMES,
             seconds <= TIMES * yardstick),
        )  # fmt: skip
        for figure in figures:
            line = dict(zip(("name", "ratio", "to", "goal", "met"), figure, strict=True))
            line["ratio"] = round(line["ratio"], 4)
            versions = {package: version(package) for package in ("numpy", "ortools")}
            print(json.dumps({**line, "inputs": inputs, "versions": versions}))


if __name__ == "__main__":
    main()
