"""What differs between two label sets of a task, object by object."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from workforce.labels.models import LabelSet
from workforce.tasks.models import Task

#: Items of a label set as they are on the wire, by id.
Items = Mapping[str, dict[str, Any]]


class Difference(TypedDict):
    """`change` is added, removed or changed; `what` says of a change in which respects."""

    id: str
    change: str
    what: list[str]
    #: Frames from the first to the last that look different; of an attribute, all of the item.
    first: int
    last: int
    before: dict[str, Any] | None


def changes_since(task: Task) -> list[Difference]:
    """Compare the newest labels of a task with the round before; none after one round.

    In the open scope.
    """
    rounds = LabelSet.objects.filter(task=task).order_by("-round")[:2]
    if len(rounds) < 2:
        return []
    newest, before = (json.loads(row.content) for row in rounds)
    return differences(before, newest, task.end_frame)


def differences(
    before: Mapping[str, list[dict[str, Any]]], after: Mapping[str, list[dict[str, Any]]], last: int
) -> list[Difference]:
    """Compare two contents of label sets, in the order of frames. `last`: the task's last frame."""
    found: list[Difference] = []
    for kind in ("tracks", "events"):
        old, new = _by_id(before.get(kind, [])), _by_id(after.get(kind, []))
        for key in old.keys() | new.keys():
            row = _difference(old.get(key), new.get(key), last)
            if row is not None:
                found.append(row)
    return sorted(found, key=lambda row: (row["first"], row["id"]))


def _by_id(items: Iterable[dict[str, Any]]) -> Items:
    return {item["id"]: item for item in items}


def _difference(
    old: dict[str, Any] | None, new: dict[str, Any] | None, last: int
) -> Difference | None:
    if old == new:
        return None
    item = new or old
    assert item is not None, "one of the two is there"
    first, end = _extent(item, last)
    what: list[str] = []
    change = "added" if old is None else "removed" if new is None else "changed"
    if old is not None and new is not None:
        named = [_WORDS[key] for key in _WORDS if old.get(key) != new.get(key)]
        what = list(dict.fromkeys(named))
        if "keyframes" in new:
            moved, first, end = _moved(old, new, last, (first, end))
            what += moved
    return Difference(id=item["id"], change=change, what=what, first=first, last=end, before=old)


_WORDS = {
    "label": "label",
    "kind": "kind",
    "event": "label",
    "attributes": "attributes",
    "start": "moved",
    "end": "moved",
    "participants": "participants",
    "zones": "zones",
}


def _extent(item: dict[str, Any], last: int) -> tuple[int, int]:
    if "keyframes" not in item:
        return item["start"], item["end"]
    return item["keyframes"][0][0], last


def _moved(
    old: dict[str, Any], new: dict[str, Any], last: int, whole: tuple[int, int]
) -> tuple[list[str], int, int]:
    """Give which of shape and flags differ, and the frames between keyframes that stayed."""
    was = {frame: (flags, geometry) for frame, flags, geometry in old["keyframes"]}
    now = {frame: (flags, geometry) for frame, flags, geometry in new["keyframes"]}
    frames = sorted(was.keys() | now.keys())
    differing = [frame for frame in frames if was.get(frame) != now.get(frame)]
    if not differing:
        return [], *whole
    both = [(was[f], now[f]) for f in differing if f in was and f in now]
    what = []
    if len(both) < len(differing) or any(a[1] != b[1] for a, b in both):
        what.append("moved")
    if any(a[0] != b[0] for a, b in both):
        what.append("flags")
    # A keyframe rules the picture from the one before it to the one after it.
    same = [frame for frame in frames if frame not in set(differing)]
    left = max((f + 1 for f in same if f < differing[0]), default=differing[0])
    right = min((f - 1 for f in same if f > differing[-1]), default=last)
    return what, left, right
