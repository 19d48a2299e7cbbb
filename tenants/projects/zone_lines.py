"""Zones of a camera as lines of text: `restricted Loading dock: 10,20 300,20 300,200`."""

import re
from typing import Any

LINE = re.compile(r"(?P<kind>[a-z]+)\s+(?P<name>[^:]+?)\s*:\s*(?P<points>[-\d.,\s]+)")


def parse_zones(text: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Read lines; give zones as add_camera takes them, and a sentence for each line that is none.

    Kinds, names and the number of points are checked by add_camera.
    """
    zones, wrong = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = LINE.fullmatch(line.strip())
        points = _points(match["points"]) if match else None
        if match is None or points is None:
            wrong.append(
                f"Line {number}: write a kind, a name, a colon and the corners in pixels:"
                " restricted Loading dock: 10,20 300,20 300,200."
            )
        else:
            zones.append({"kind": match["kind"], "name": match["name"], "polygon": points})
    return zones, wrong


def _points(text: str) -> list[list[float]] | None:
    try:
        points = [[float(v) for v in pair.split(",")] for pair in text.split()]
    except ValueError:
        return None
    return points if all(len(point) == 2 for point in points) else None
