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
    """Clips that came and went, and what changed in those that are in both.

    identities: ids of objects across clips; one is changed when it has other tracks than before.
    """

    clips_added: list[str]
    clips_removed: list[str]
    clips: list[ClipDiff]
    identities_added: list[str]
    identities_removed: list[str]
    identities_changed: list[str]

    @property
    def identities(self) -> list[tuple[str, str]]:
        """Each identity that is not as it was, and what became of it."""
        named = {
            "new": self.identities_added,
            "changed": self.identities_changed,
            "gone": self.identities_removed,
        }
        return [(name, word) for word, names in named.items() for name in names]

    @property
    def changed(self) -> list[ClipDiff]:
        return [clip for clip in self.clips if not clip.empty]


def diff_manifests(old: Mapping[str, Any], new: Mapping[str, Any]) -> ReleaseDiff:
    """Compare two manifests of one project."""
    before = {entry["clip"]: entry for entry in old["clips"]}
    after = {entry["clip"]: entry for entry in new["clips"]}
    added, removed, changed = _diff(_objects(old), _objects(new))
    return ReleaseDiff(
        clips_added=sorted(after.keys() - before.keys()),
        clips_removed=sorted(before.keys() - after.keys()),
        clips=[
            _diff_clip(clip, before[clip], after[clip])
            for clip in sorted(before.keys() & after.keys())
        ],
        identities_added=added,
        identities_removed=removed,
        identities_changed=changed,
    )


def _objects(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Tracks of each identity; none in manifests from before there were any."""
    found: dict[str, Any] = manifest.get("identities", {}).get("objects", {})
    return found


def _diff_clip(clip: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> ClipDiff:
    tracks = _diff(old.get("tracks", {}), new.get("tracks", {}))
    events = _diff(old.get("events", {}), new.get("events", {}))
    return ClipDiff(
        clip, *tracks, *events, old["footage"].get("sha256") != new["footage"].get("sha256")
    )


def _diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[list[str], list[str], list[str]]:
    """Ids that were added, removed, and of which something else is said."""
    changed = [name for name in old.keys() & new.keys() if old[name] != new[name]]
    return sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys()), sorted(changed)
