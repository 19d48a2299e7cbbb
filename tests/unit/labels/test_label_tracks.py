"""What a track may say: every wrong input is told by its place and remedy."""

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from tests.unit.labels.scenes import DOCUMENT, ONTOLOGY, PICTURE, track, tracks, wire
from workforce.labels.canonical import canonical_json, canonical_labels, content_hash
from workforce.labels.ontology import Ontology
from workforce.labels.tracks import read_track, read_tracks, track_from_wire

GOOD = [0, 0, [10, 20, 50, 110]]


@given(drawn=tracks())
def test_the_wire_form_gives_the_track_back(drawn):
    assert read_track(drawn.to_wire(), ontology=ONTOLOGY, picture=PICTURE) == drawn
    assert track_from_wire(drawn.to_wire()) == drawn


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"id": 7}, "id", "give a UUID"),
        ({"id": "seven"}, "id", "give a UUID"),
        ({"label": "dog"}, "label", "no label 'dog'; use one of: person, vehicle"),
        ({"label": ["person"]}, "label", "no label"),
        ({"kind": "mask"}, "kind", "cannot be drawn as 'mask'"),
        ({"label": "vehicle", "kind": "polygon", "attributes": {}}, "kind", "use one of: box"),
        ({"attributes": []}, "attributes", "JSON object"),
        ({"attributes": {"hat": True}}, "attributes", "has no attribute 'hat'; it has: post"),
        ({"attributes": {"posture": "flying"}}, "attributes.posture", "one of: standing"),
        ({"attributes": {"hooded": "yes"}}, "attributes.hooded", "true or false"),
        ({"attributes": {"group": "2"}}, "attributes.group", "a finite number"),
        ({"attributes": {"group": math.inf}}, "attributes.group", "a finite number"),
        ({"attributes": {"group": 10**400}}, "attributes.group", "a finite number"),
        ({"attributes": {"note": "nul \0"}}, "attributes.note", "without NUL"),
        ({"attributes": {"note": "half \ud800"}}, "attributes.note", "without NUL"),
        ({"attributes": {"note": "x" * 5000}}, "attributes.note", "at most 4096 characters"),
        ({"attributes": {"hooded": [[0, True]]}}, "attributes.hooded", "does not change along"),
        ({"attributes": {"posture": []}}, "attributes.posture", "at least one"),
        ({"attributes": {"posture": [[0]]}}, "attributes.posture", "A change is"),
        (
            {"attributes": {"posture": [[5, "walking"], [5, "standing"]]}},
            "attributes.posture",
            "Frame 5 follows frame 5",
        ),
        ({"keyframes": []}, "keyframes", "at least one keyframe"),
        ({"keyframes": None}, "keyframes", "at least one keyframe"),
        ({"keyframes": [[0, 0]]}, "keyframes[0]", "[frame, flags, [geometry]]"),
        ({"keyframes": [["0", 0, GOOD[2]]]}, "keyframes[0]", "not a whole number"),
        ({"keyframes": [[True, 0, GOOD[2]]]}, "keyframes[0]", "not a whole number"),
        ({"keyframes": [[50, 0, GOOD[2]]]}, "keyframes[0]", "use frames 0 to 49"),
        ({"keyframes": [[-1, 0, GOOD[2]]]}, "keyframes[0]", "use frames 0 to 49"),
        ({"keyframes": [GOOD, GOOD]}, "keyframes[1]", "Frame 0 follows frame 0; sort by frame"),
        ({"keyframes": [[0, 8, GOOD[2]]]}, "keyframes[0]", "Flags 8 are unknown"),
        ({"keyframes": [[0, -1, GOOD[2]]]}, "keyframes[0]", "Flags -1 are unknown"),
        ({"keyframes": [[0, 0, [1, 2, 3]]]}, "keyframes[0]", "A box is"),
        ({"keyframes": [[0, 0, "box"]]}, "keyframes[0]", "list of finite numbers"),
        ({"keyframes": [[0, 0, [1, 2, math.nan, 4]]]}, "keyframes[0]", "finite numbers"),
        ({"keyframes": [[0, 0, [1, 2, 10**400, 4]]]}, "keyframes[0]", "finite numbers"),
        ({"keyframes": [[10**400, 0, [1, 2, 3, 4]]]}, "keyframes[0]", "use frames 0 to 49"),
        ({"keyframes": [[0, 0, [1, 2, None, 4]]]}, "keyframes[0]", "finite numbers"),
        ({"keyframes": [[0, 0, [50, 20, 10, 110]]]}, "keyframes[0]", "empty or inverted"),
        ({"keyframes": [[0, 0, [10, 20, 10, 110]]]}, "keyframes[0]", "empty or inverted"),
        ({"keyframes": [[0, 0, [10, 20, 50, 110, 400]]]}, "keyframes[0]", "beyond 360"),
        ({"keyframes": [[0, 0, [700, 20, 750, 110]]]}, "keyframes[0]", "picture of width 640"),
        ({"keyframes": [[0, 0, [0, -90, 50, -10]]]}, "keyframes[0]", "picture of height 360"),
        ({"keyframes": [[0, 0, [0, 0, 5000, 10]]]}, "keyframes[0]", "picture of width 640"),
        ({"kind": "polygon", "keyframes": [[0, 0, [1, 2, 3, 4]]]}, "keyframes[0]", "3 to 1000"),
        ({"kind": "polygon", "keyframes": [[0, 0, [1] * 7]]}, "keyframes[0]", "3 to 1000"),
        (
            {"kind": "polygon", "keyframes": [[0, 0, [0, 0, 9, 9, 9, 0, 0, 9]]]},
            "keyframes[0]",
            "the side after point 1 and the one after point 3",
        ),
        (
            {"kind": "polygon", "keyframes": [[0, 0, [700, 0, 720, 0, 710, 9]]]},
            "keyframes[0]",
            "picture of width 640",
        ),
    ],
)
def test_a_wrong_track_is_refused_with_its_place(changes, field, told):
    with pytest.raises(Invalid) as refused:
        read_track(wire(**changes), ontology=ONTOLOGY, picture=PICTURE)

    assert refused.value.field == field
    assert told in refused.value.message


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
parts = st.sampled_from(["id", "label", "kind", "attributes", "keyframes"])


@given(part=parts, value=json_values, inside=st.booleans())
def test_whatever_json_is_sent_is_taken_or_refused_and_nothing_else(part, value, inside):
    places = {
        "keyframes": [[0, 0, value]] if inside else value,
        "attributes": {"posture": value, "group": value} if inside else value,
    }
    sent = wire(**{part: places.get(part, value)})
    with suppress(Invalid):
        read = read_track(sent, ontology=ONTOLOGY, picture=PICTURE)
        assert read_track(read.to_wire(), ontology=ONTOLOGY, picture=PICTURE) == read


def test_objects_cut_by_the_edge_are_drawn_whole():
    assert track(keyframes=[[0, 0, [-20, -10, 50, 110]]])


def test_an_outside_keyframe_may_lie_beyond_the_picture():
    assert track(keyframes=[GOOD, [5, 1, [900, 20, 950, 110]]])


def test_a_list_tells_which_track_is_wrong():
    with pytest.raises(Invalid) as refused:
        read_tracks([wire(), wire(label="dog")], ontology=ONTOLOGY, picture=PICTURE)
    assert refused.value.field == "tracks[1].label"

    with pytest.raises(Invalid) as twice:
        read_tracks([wire(), wire()], ontology=ONTOLOGY, picture=PICTURE)
    assert twice.value.field == "tracks[1].id"

    for wrong in ({"tracks": []}, None, "[]"):
        with pytest.raises(Invalid, match="JSON array"):
            read_tracks(wrong, ontology=ONTOLOGY, picture=PICTURE)
    with pytest.raises(Invalid, match="JSON object"):
        read_tracks(["track"], ontology=ONTOLOGY, picture=PICTURE)


def test_a_mutable_attribute_holds_from_its_last_change():
    changing = track(attributes={"posture": [[3, "walking"], [8, "standing"]], "group": 2})

    assert [changing.attributes_at(frame)["posture"] for frame in (0, 3, 7, 8, 40)] == [
        "walking",
        "walking",
        "walking",
        "standing",
        "standing",
    ]
    assert changing.attributes_at(0)["group"] == 2


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"labels": {}},
        {"labels": [{"key": "a", "attributes": [{"key": "b", "type": "colour"}]}]},
    ],
)
def test_a_broken_ontology_is_refused(document):
    with pytest.raises(Invalid):
        Ontology.from_document(document)


def test_a_label_set_hashes_the_same_in_any_order():
    first, second = track(), track(id="7b0d1f3e-0a55-4a4f-9d2d-1d2c54a7b002")

    content = canonical_labels([second, first])

    assert content == canonical_labels([first, second])
    assert content_hash(content) == content_hash(canonical_labels([first, second]))
    assert content_hash(content) != content_hash(canonical_labels([first]))
    assert b" " not in content


def test_canonical_json_refuses_what_json_cannot_say():
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"value": math.nan})


def test_the_example_ontology_is_read_as_written():
    labels = Ontology.from_document(DOCUMENT).labels

    assert list(labels) == ["person", "vehicle"]
    assert labels["person"].attributes["posture"].mutable
    assert labels["vehicle"].attributes == {}
