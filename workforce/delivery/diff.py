"""What changed between two versions, from their signed manifests alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ClipDiff:
    """Ids of what was added, removed and changed in one clip, sorted."""

    clip: str
    tracks_added: list[str]
    tracks_removed: list[str]
    tracks_changed: list[str]
    events_added: list[str]
    events_removed: list[str]
    events_changed: list[str]
    footage_changed: bool

    @property
    def empty(self) -> bool:
        lists = (
            self.tracks_added, self.tracks_removed, self.tracks_changed,
            self.events_added, self.events_removed, self.events_changed,
        )  # fmt: skip
        return not any(lists) and not self.footage_changed


@dataclass(frozen=True, slots=True)
class ReleaseDiff:
    """Clips that came and went, and what changed in those that are in both."""

    clips_added: list[str]
    clips_removed: list[str]
    clips: list[ClipDiff]

    @property
    def changed(self) -> list[ClipDiff]:
        return [clip for clip in self.clips if not clip.empty]


def diff_manifests(old: Mapping[str, Any], new: Mapping[str, Any]) -> ReleaseDiff:
    """Compare two manifests of one project."""
    before = {entry["clip"]: entry for entry in old["clips"]}
    after = {entry["clip"]: entry for entry in new["clips"]}
    return ReleaseDiff(
        clips_added=sorted(after.keys() - before.keys()),
        clips_removed=sorted(before.keys() - after.keys()),
        clips=[
            _diff_clip(clip, before[clip], after[clip])
            for clip in sorted(before.keys() & after.keys())
        ],
    )


def _diff_clip(clip: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> ClipDiff:
    tracks = _diff(old.get("tracks", {}), new.get("tracks", {}))
    events = _diff(old.get("events", {}), new.get("events", {}))
    return ClipDiff(
        clip, *tracks, *events, old["footage"].get("sha256") != new["footage"].get("sha256")
    )


def _diff(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[list[str], list[str], list[str]]:
    """Ids that were added, removed, and that have another hash."""
    changed = [name for name in old.keys() & new.keys() if old[name] != new[name]]
    return sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys()), sorted(changed)
