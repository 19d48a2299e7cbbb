"""Coverage of lines and branches from the first import on, in the processes that run tests only.

`make test` names a folder in CUSTOS_COVERAGE. Each of pytest's workers marks the bytecode of our
modules as they are imported and writes there what it has seen; tools/coverage-report adds it up. A
tracing tool would slow Django and all else too, by two thirds on Python 3.11. Children of tests
(the portal, the sandbox) are not measured: they do not get to see the variable.
"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import slipcover

_VARIABLE = "CUSTOS_COVERAGE"
SOURCE = ["core", "tenants", "workforce", "billing"]
OMIT = ["*/migrations/*"]
EXCLUDED = [r"if TYPE_CHECKING:", r"@overload", r"class .*\bProtocol\):"]


def _begun() -> "slipcover.Slipcover | None":
    """At the import of this plugin, which is the first: pytest's own hooks come too late."""
    if _VARIABLE not in os.environ:
        return None
    import slipcover  # what is not measured needs no such tool

    marks = slipcover.Slipcover(branch=True, source=SOURCE, omit=OMIT, exclude_lines=EXCLUDED)
    slipcover.ImportManager(marks, slipcover.FileMatcher(sources=SOURCE, omit=OMIT)).__enter__()
    return marks


_marks = _begun()


def pytest_configure(config: pytest.Config) -> None:
    """The process that only hands out tests passes the variable on to the workers."""
    distributes = getattr(config.option, "numprocesses", None)
    if "PYTEST_XDIST_WORKER" in os.environ or not distributes:
        config.stash[_folder] = os.environ.pop(_VARIABLE, None)


_folder = pytest.StashKey[str | None]()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Save here: a worker may be ended without running its exit handlers."""
    folder = config.stash.get(_folder, None)
    if _marks is not None and folder is not None:
        seen = json.dumps(_marks.get_coverage())
        Path(folder, f"{os.getpid()}.json").write_text(seen)
