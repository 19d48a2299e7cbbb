"""One way to write a label set down, so that the same labels always have the same hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from workforce.labels.tracks import Track


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON: keys sorted, no white space, numbers in the shortest form that reads back.

    Raises ValueError for NaN and infinities, which JSON cannot say.
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def canonical_tracks(tracks: Iterable[Track]) -> bytes:
    """A label set's content: `{"tracks": [...]}`, tracks sorted by id."""
    wire = [track.to_wire() for track in sorted(tracks, key=lambda track: str(track.id))]
    return canonical_json({"tracks": wire})


def content_hash(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()
