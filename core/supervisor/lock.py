"""One supervisor per data folder, and what others may know of it."""

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.embedded.folders import private_folder
from core.embedded.layout import DataLayout
from core.errors import Conflict


@contextmanager
def only_one(layout: DataLayout) -> Iterator[None]:
    """Hold the data folder's lock; the kernel lets go of it however we end.

    Raises Conflict when another supervisor holds it.
    """
    private_folder(layout.run)
    with (layout.run / "supervisor.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            state = read_state(layout)
            raise Conflict(
                f"Custos already runs on {layout.root} (process {state.get('pid', 'unknown')}, "
                f"{state.get('url', 'address unknown')}). Stop it, or set CUSTOS_DATA to another "
                "folder."
            ) from held
        try:
            yield
        finally:
            state_file(layout).unlink(missing_ok=True)


def state_file(layout: DataLayout) -> Path:
    return layout.run / "state.json"


def write_state(layout: DataLayout, state: Mapping[str, Any]) -> None:
    """Replace the published state whole, so that no reader sees half of it."""
    draft = state_file(layout).with_suffix(".draft")
    draft.write_text(json.dumps(state))
    draft.replace(state_file(layout))


def read_state(layout: DataLayout) -> dict[str, Any]:
    """What the running supervisor last published: pid, url, ready, parts (name to process id)."""
    try:
        state: dict[str, Any] = json.loads(state_file(layout).read_text())
    except FileNotFoundError:
        return {}
    return state
