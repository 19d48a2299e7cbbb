"""Rows that count their changes, so that two windows on one task notice each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.clock import now
from workforce.labels.models import SpanRow, TrackRow


def take(row: TrackRow | SpanRow, content: Mapping[str, Any]) -> bool:
    """Give the row this content, deleted or not before; False where it says the same already."""
    if not row.deleted and all(getattr(row, name) == value for name, value in content.items()):
        return False
    for name, value in content.items():
        setattr(row, name, value)
    row.deleted = False
    bump(row)
    return True


def bump(row: TrackRow | SpanRow) -> None:
    """Count a change."""
    row.revision += 1
    row.updated_at = now()
