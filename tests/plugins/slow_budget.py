"""Slow tests within a budget: shortest first, and none that would not end in time.

A slow test states how long it takes on two cores: `@pytest.mark.slow(seconds=90)`. With
`--until=EPOCH` (`.ci/run` passes what is left of its budget) a test whose stated time does not fit
any more is not begun; which ones those were is said at the end. What is begun counts: it fails the
run if it fails, however long it takes.
"""

import time
from collections.abc import Iterator

import pytest

#: What is assumed of a slow test that does not say how long it takes.
UNSTATED = 600
_not_run = pytest.StashKey[list[str]]()
_run = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--until", type=int, default=None, help="begin no slow test that ends later")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_run], config.stash[_not_run] = [], []


def stated(item: pytest.Item) -> int:
    """Seconds that a test says it takes; 0 for one that is not slow, UNSTATED if none."""
    mark = item.get_closest_marker("slow")
    return 0 if mark is None else int(mark.kwargs.get("seconds", UNSTATED))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    stated_times = [stated(item) for item in items]
    if config.getoption("until") is not None:
        order = sorted(range(len(items)), key=lambda place: stated_times[place])
        items[:] = [items[place] for place in order]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture: a test that is not begun costs nothing."""
    until, seconds = item.config.getoption("until"), stated(item)
    if until is None or not seconds:
        return
    left = max(0, until - int(time.time()))
    told = f"{item.nodeid} ({seconds} s)"
    if seconds > left:
        item.config.stash[_not_run].append(told)
        pytest.skip(f"takes {seconds} s, and {left} s are left")
    item.config.stash[_run].append(told)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in _lines(terminalreporter.config):
        terminalreporter.write_line(line)


def _lines(config: pytest.Config) -> Iterator[str]:
    if config.getoption("until") is not None:
        yield from (f"slow, run: {name}" for name in config.stash[_run])
        yield from (f"slow, NOT run for want of time: {name}" for name in config.stash[_not_run])
