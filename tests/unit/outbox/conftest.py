"""Jobs and handlers of a test's own: the registry is as before when the test is over."""

import pytest

from core.outbox import events, jobs, kinds, periodic


@pytest.fixture
def registry(monkeypatch):
    """Copies of the registries of jobs, event handlers and upkeep; the last begins empty."""
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    monkeypatch.setattr(events, "_subscribers", dict(events._subscribers))
    monkeypatch.setattr(periodic, "_registered", [])


@pytest.fixture
def calls(registry):
    """A job called test.note, and what it was called with."""
    seen = []

    @jobs.job("test.note", max_attempts=3)
    def note(context, **args):
        seen.append((context, args))

    return seen
