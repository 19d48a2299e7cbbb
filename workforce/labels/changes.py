"""What one autosave brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Changes:
    """Changed tracks and events in the wire form, and ids to delete, of either.

    revisions: by id of a track or event, the one that its change starts from.
    """

    tracks: list[Any]
    deleted: Sequence[UUID] = ()
    revisions: Mapping[UUID, int] = field(default_factory=dict)
    events: list[Any] = field(default_factory=list)
