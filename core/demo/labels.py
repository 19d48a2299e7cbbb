"""Label quality by the console tool, as a client would measure it."""

from __future__ import annotations

from pathlib import Path

from core.demo.tools import custos_json
from core.demo.truth import Sighting, Track, mot_rows

# Pairs are laid one after the other on one time line, this far apart.
_GAP = 10


def measure(pairs: list[tuple[list[Track], list[Track]]], folder: Path) -> dict[str, float]:
    """Score (truth, labels) pairs together with ``custos score``; gives its summary.

    Identities count within a pair only.
    """
    truth: list[Track] = []
    labels: list[Track] = []
    shift = 0
    for seen, drawn in pairs:
        truth += [_shifted(track, shift) for track in seen]
        labels += [_shifted(track, shift) for track in drawn]
        last = max((f for t in (*seen, *drawn) for f in t.sightings), default=0)
        shift += last + _GAP
    folder.mkdir(exist_ok=True)
    truth_file, label_file = folder / "truth.txt", folder / "labels.txt"
    truth_file.write_text(mot_rows(truth))
    label_file.write_text(mot_rows(labels))
    summary: dict[str, float] = custos_json(
        "score", str(truth_file), str(label_file), "--format", "mot"
    )
    return summary


def read_mot(text: str) -> list[Track]:
    """Tracks of a MOTChallenge file (1-based frames), whatever their class."""
    tracks: dict[str, Track] = {}
    for line in text.split():
        frame, identity, x, y, width, height = line.split(",")[:6]
        left, top = float(x), float(y)
        track = tracks.setdefault(identity, Track(identity, ""))
        track.sightings[int(frame) - 1] = Sighting(
            (left, top, left + float(width), top + float(height))
        )
    return list(tracks.values())


def _shifted(track: Track, by: int) -> Track:
    moved: dict[int, Sighting] = {frame + by: seen for frame, seen in track.sightings.items()}
    return Track(track.id, track.label, track.attributes, moved)
