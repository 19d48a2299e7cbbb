"""One way to write a label set down, so that the same labels always have the same hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from workforce.labels.spans import Span
from workforce.labels.tracks import Track


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON: keys sorted, no white space, numbers in the shortest form that reads back.

    Raises ValueError for NaN and infinities, which JSON cannot say.
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def canonical_labels(tracks: Iterable[Track], spans: Iterable[Span] = ()) -> bytes:
    """A label set's content: `{"events": [...], "tracks": [...]}`, each sorted by id.

    Without events there is no such key, as in sets from before there were any.
    """
    wires = [track.to_wire() for track in sorted(tracks, key=_id)]
    return canonical_content(canonical_json(wires), spans)


def canonical_content(tracks: bytes, spans: Iterable[Span] = ()) -> bytes:
    """The same from tracks that are written down already: canonical JSON, sorted by id."""
    events = [span.to_wire() for span in sorted(spans, key=_id)]
    before = b'"events":%b,' % canonical_json(events) if events else b""
    return b'{%b"tracks":%b}' % (before, tracks)


def _id(item: Track | Span) -> str:
    return str(item.id)


def content_hash(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()
