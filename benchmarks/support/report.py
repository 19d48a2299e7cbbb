"""The one line that a benchmark prints for each figure."""

import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any


def report(
    name: str,
    *,
    ratio: float,
    to: str,
    goal: float,
    inputs: Mapping[str, Any],
    packages: Mapping[str, str] | tuple[str, ...] = (),
    at_most: bool = False,
) -> None:
    """Print a figure as JSON. It is met at `goal` and above; with `at_most`, at it and below.

    packages: names of installed distributions, or names with the versions that a peer told.
    """
    told = dict(packages) if isinstance(packages, Mapping) else {p: version(p) for p in packages}
    line = {
        "name": name,
        "ratio": round(ratio, 4),
        "to": to,
        "goal": goal,
        "met": ratio <= goal if at_most else ratio >= goal,
        "inputs": inputs,
        "versions": {"python": platform.python_version(), **told},
    }
    print(json.dumps(line), flush=True)
