"""Coverage from the first import on, in the processes that run tests and in no other.

`make test` names the configuration in COVERAGE_PROCESS_START, so that each of pytest's processes
measures from its start: pytest-cov would begin in an xdist worker only after Django has loaded all
models. Children of tests (the portal, the sandbox) must not be slowed, nor the sandbox widened for
a data file: they do not get to see the variable.
"""

import os

import coverage
import pytest

_VARIABLE = "COVERAGE_PROCESS_START"


def pytest_configure(config: pytest.Config) -> None:
    """The process that only hands out tests passes the variable on to the workers."""
    distributes = getattr(config.option, "numprocesses", None)
    if "PYTEST_XDIST_WORKER" in os.environ or not distributes:
        os.environ.pop(_VARIABLE, None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Save here: a worker may be ended without running its exit handlers."""
    measuring = coverage.Coverage.current()
    if measuring is not None:
        measuring.stop()
        measuring.save()
