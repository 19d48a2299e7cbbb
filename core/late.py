"""Functions of libraries that are loaded at their first call.

A web process imports every room but calls few of their jobs: what only jobs need would cost each
such process tens of MiB.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any


@cache
def _loaded(path: str) -> Callable[..., Any]:
    module, _, name = path.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def late(path: str) -> Callable[..., Any]:
    """Give the function at `path`, such as "scipy.optimize.linear_sum_assignment"."""

    def call(*given: Any, **named: Any) -> Any:
        return _loaded(path)(*given, **named)

    return call
