"""What changed between two versions, from their manifests alone."""

from hypothesis import given
from hypothesis import strategies as st

from workforce.delivery.diff import diff_manifests


def manifest(**clips):
    return {
        "clips": [
            {
                "clip": name,
                "footage": {"sha256": content.get("footage", "f")},
                "tracks": content.get("tracks", {}),
                "events": content.get("events", {}),
            }
            for name, content in clips.items()
        ]
    }


def test_tracks_and_events_that_came_went_or_changed_are_named():
    old = manifest(gate={"tracks": {"a": "1", "b": "1", "c": "1"}, "events": {"e": "1"}})
    new = manifest(gate={"tracks": {"a": "1", "b": "2", "d": "1"}, "events": {"e": "2"}})
    (clip,) = diff_manifests(old, new).changed
    assert (clip.tracks_added, clip.tracks_removed, clip.tracks_changed) == (["d"], ["c"], ["b"])
    assert (clip.events_added, clip.events_removed, clip.events_changed) == ([], [], ["e"])
    assert not clip.footage_changed


def test_clips_that_came_and_went_and_footage_that_changed_are_named():
    old = manifest(gate={}, quay={})
    new = manifest(gate={"footage": "g"}, door={})
    found = diff_manifests(old, new)
    assert (found.clips_added, found.clips_removed) == (["door"], ["quay"])
    assert [(clip.clip, clip.footage_changed) for clip in found.changed] == [("gate", True)]


tracks = st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.sampled_from("123"))


@given(tracks, tracks)
def test_old_and_diff_give_new(old, new):
    (clip,) = diff_manifests(manifest(c={"tracks": old}), manifest(c={"tracks": new})).clips
    kept = {name: old[name] for name in old if name not in clip.tracks_removed}
    again = kept | {name: new[name] for name in clip.tracks_added + clip.tracks_changed}
    assert again == new
    assert clip.empty == (old == new)


def test_identities_that_came_went_or_have_other_tracks_are_named():
    old = manifest() | {"identities": {"objects": {"a": [["c", "1"]], "b": [], "d": []}}}
    new = manifest() | {"identities": {"objects": {"a": [["c", "2"]], "d": [], "e": []}}}

    assert diff_manifests(old, new).identities == [("e", "new"), ("a", "changed"), ("b", "gone")]
    assert diff_manifests(manifest(), new).identities_added == ["a", "d", "e"]
