"""Labels out and in again: what each format keeps, for any tracks."""

import io
import json
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from tests.unit.labels.scenes import ONTOLOGY, PICTURE, track, tracks, unique
from workforce.labels.formats.clip import ClipLabels, number
from workforce.labels.formats.coco import write_coco
from workforce.labels.formats.cvat_xml import write_cvat
from workforce.labels.formats.cvat_xml_reader import read_cvat
from workforce.labels.formats.jsonl import read_jsonl, write_jsonl
from workforce.labels.formats.mot import read_mot, write_mot, write_mot_labels
from workforce.labels.formats.rows import texts, upright_blocks
from workforce.labels.interpolation import shapes, shapes_and_ends
from workforce.labels.tracks import Picture

many = st.lists(tracks(), max_size=3).filter(unique)


def clip(found, picture=PICTURE) -> ClipLabels:
    """Tracks as a generator: a writer that goes through them twice would find none."""
    return ClipLabels("yard & gate", picture, ONTOLOGY, (item for item in found))


def written(write, found, picture=PICTURE) -> bytes:
    out = io.BytesIO()
    write(out, clip(found, picture))
    return out.getvalue()


def seen(item, picture=PICTURE):
    """What a viewer sees of a track: geometry, occlusion and attributes, frame by frame."""
    return [
        (shape.frame, shape.geometry, shape.occluded, item.attributes_at(shape.frame))
        for shape in shapes(item, picture.start, picture.end)
    ]


def read_xml(data: bytes):
    return read_cvat(io.BytesIO(data), ontology=ONTOLOGY, picture=PICTURE)


@settings(deadline=None)
@given(found=many)
def test_cvat_xml_keeps_keyframes_flags_attributes_and_ids(found):
    back = read_xml(written(write_cvat, found))

    assert [item.id for item in back] == [item.id for item in found]
    for item, original in zip(back, found, strict=True):
        assert item.keyframes == original.keyframes
        assert (item.label, item.kind) == (original.label, original.kind)
        assert seen(item) == seen(original)


@settings(deadline=None)
@given(found=many, start=st.integers(0, 49), length=st.integers(0, 49))
def test_cvat_xml_of_a_range_looks_the_same_within_it(found, start, length):
    part = Picture(PICTURE.width, PICTURE.height, start, min(49, start + length))

    root = ElementTree.fromstring(written(write_cvat, found, part))

    for element, original in zip(root.iter("track"), found, strict=True):
        rows = [row for row in element if row.get("outside") == "0"]
        assert [int(row.get("frame")) for row in rows] == [
            shape.frame for shape in shapes(original, part.start, part.end)
        ]
        if len(element):
            assert element[0].get("keyframe") == "1"


def test_cvat_xml_names_labels_attributes_and_size():
    root = ElementTree.fromstring(written(write_cvat, [track()]))

    assert root.findtext("version") == "1.1"
    assert root.findtext("meta/task/name") == "yard & gate"
    assert [item.text for item in root.findall("meta/task/labels/label/name")] == [
        "person",
        "vehicle",
    ]
    assert root.findtext("meta/task/original_size/width") == "640"
    assert root.find("track").get("source") == "manual"
    assert len(root.find("track")) == 50


def test_a_detectors_track_is_marked_as_automatic_there_and_back():
    found = track(keyframes=[[0, 4, [0, 0, 9, 9]], [9, 5, [0, 0, 9, 9]]])
    data = written(write_cvat, [found])

    assert b'source="auto"' in data
    assert read_xml(data)[0].keyframes == found.keyframes


BOX = (
    '<annotations><track label="{label}"><box frame="0" keyframe="1" outside="0" occluded="0" '
    'xtl="1" ytl="1" xbr="{right}" ybr="9">{inner}</box></track></annotations>'
)


def test_cvat_xml_of_another_tool_may_use_names_and_lack_our_id():
    inner = '<attribute name="Posture">walking</attribute>'
    data = BOX.format(label="Person", right="9", inner=inner)

    (item,) = read_xml(data.encode())

    assert item.label == "person"
    assert item.attributes == {"posture": "walking"}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("<annotations>", "Line 1 is not XML"),
        ("", "is not XML"),
        ("<html/>", "has no <annotations>"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><annotations>&x;</annotations>', "document type"),
        (BOX.format(label="dog", right=9, inner=""), "no label 'dog'; it has: person, vehicle"),
        (BOX.format(label="person", right="x", inner=""), "lacks or garbles a value"),
        (BOX.format(label="person", right="nan", inner=""), "finite numbers"),
        (BOX.format(label="person", right=0, inner=""), "empty or inverted"),
        (
            BOX.format(label="person", right=9, inner='<attribute name="hat">1</attribute>'),
            "no attribute 'hat'",
        ),
        (
            BOX.format(label="person", right=9, inner='<attribute name="group">two</attribute>'),
            "give a finite number",
        ),
        (
            BOX.format(label="person", right=9, inner='<attribute name="hooded">2</attribute>'),
            "true or false",
        ),
        (
            '<annotations><track label="person"><ellipse frame="0"/></track></annotations>',
            "<ellipse> are not taken",
        ),
        (
            '<annotations><track label="person"><polygon frame="0" points="1,2;3"/>',
            "'3' is not x,y",
        ),
        (
            '<annotations><track label="person"><box xtl="1"/></track></annotations>',
            "'frame'",
        ),
        ('<annotations><track label="person"></track></annotations>', "at least one keyframe"),
    ],
)
def test_a_broken_xml_file_is_told_with_its_line(data, told):
    with pytest.raises(Invalid) as refused:
        read_xml(data.encode())

    assert told in refused.value.message


@settings(deadline=None)
@given(found=st.lists(tracks(kinds=("box",), rotated=st.just(value=False)), max_size=3))
def test_mot_keeps_boxes_labels_and_occlusion_frame_by_frame(found):
    text = written(write_mot, found).decode()

    back = read_mot(text.splitlines(), name="gt.txt", ontology=ONTOLOGY)

    visible = [item for item in found if list(shapes(item, 0, PICTURE.end))]
    assert len(back) == len(visible)
    last = max((row[0] for item in visible for row in seen(item)), default=0)
    for item, original in zip(back, visible, strict=True):
        assert item.label == original.label
        rows, expected = seen(item, Picture(640, 360, 0, last)), seen(original)
        assert [(frame, occluded) for frame, _, occluded, _ in rows] == [
            (frame, occluded) for frame, _, occluded, _ in expected
        ]
        for row, wanted in zip(rows, expected, strict=True):
            assert row[1] == pytest.approx(wanted[1], abs=0.011)


def test_mot_gives_a_straight_walk_back_as_two_keyframes():
    """An import that makes each frame a keyframe cannot be edited."""
    text = written(write_mot, [track(keyframes=[[0, 0, [0, 0, 10, 10]], [40, 0, [80, 0, 90, 10]]])])

    (item,) = read_mot(text.decode().splitlines(), name="gt.txt", ontology=ONTOLOGY)

    assert [keyframe.frame for keyframe in item.keyframes] == [0, 40, 49]


def test_mot_writes_the_box_around_turned_boxes_and_polygons():
    turned = track(keyframes=[[0, 0, [0, 0, 40, 20, 90]], [1, 1, [0, 0, 40, 20, 90]]])
    polygon = track(
        id="7b0d1f3e-0a55-4a4f-9d2d-1d2c54a7b002",
        kind="polygon",
        keyframes=[[0, 0, [0, 0, 10, 4, 2, 8]], [1, 1, [0, 0, 10, 4, 2, 8]]],
    )

    lines = written(write_mot, [turned, polygon]).decode().splitlines()

    assert [float(value) for value in lines[0].split(",")[2:6]] == pytest.approx([10, -10, 20, 40])
    assert lines[1] == "1,2,0,0,10,8,1,1,1"


def test_mot_classes_are_the_lines_of_labels_txt():
    out = io.BytesIO()
    write_mot_labels(out, ONTOLOGY)
    assert out.getvalue() == b"person\nvehicle\n"

    rows = ["1,1,0,0,9,9,1,2,1", "1,2,0,0,9,9,1,-1,1", "1,3,0,0,9,9,0,1,1"]
    back = read_mot(rows, name="gt.txt", ontology=ONTOLOGY)
    assert [item.label for item in back] == ["vehicle", "person"]

    (plain,) = read_mot(["1,1,0,0,9,9"], name="x", ontology=ONTOLOGY, label="vehicle")
    assert plain.label == "vehicle"

    with pytest.raises(Invalid, match="class 3; the ontology has classes 1 to 2"):
        read_mot(["1,1,0,0,9,9,1,3,1"], name="gt.txt", ontology=ONTOLOGY)


def test_a_gap_in_a_mot_file_is_a_gap_in_the_track():
    rows = ["1,1,0,0,9,9", "2,1,0,0,9,9", "6,1,0,0,9,9", "9,2,0,0,9,9"]

    first, _ = read_mot(rows, name="gt.txt", ontology=ONTOLOGY)

    assert [shape.frame for shape in shapes(first, 0, 8)] == [0, 1, 5]


@settings(deadline=None)
@given(found=many)
def test_coco_has_an_annotation_for_every_visible_shape(found):
    data = json.loads(written(write_coco, found))

    assert len(data["images"]) == 50
    assert [category["name"] for category in data["categories"]] == ["person", "vehicle"]
    expected = [(str(item.id), row) for item in found for row in seen(item)]
    assert len(data["annotations"]) == len(expected)
    for annotation, (track_id, (frame, _, occluded, attributes)) in zip(
        data["annotations"], expected, strict=True
    ):
        assert annotation["image_id"] == frame + 1
        assert annotation["attributes"]["track_uuid"] == track_id
        assert annotation["attributes"]["occluded"] == occluded
        assert annotation["attributes"]["note"] == attributes["note"]
        assert annotation["bbox"][2] >= 0
    ids = [annotation["id"] for annotation in data["annotations"]]
    assert ids == list(range(1, len(ids) + 1))


def test_coco_gives_area_and_outline():
    turned = track(keyframes=[[0, 0, [0, 0, 40, 20, 90]], [1, 1, [0, 0, 40, 20]]])

    (annotation,) = json.loads(written(write_coco, [turned]))["annotations"]

    assert annotation["area"] == pytest.approx(800)
    assert annotation["bbox"] == pytest.approx([10, -10, 20, 40])
    assert len(annotation["segmentation"][0]) == 8


def test_coco_has_the_outline_of_a_polygon_on_every_frame():
    keyframes = [[0, 0, [0, 0, 10, 0, 10, 10]], [2, 1, [20, 0, 30, 0, 30, 30]]]
    moving = track(kind="polygon", keyframes=keyframes)

    annotations = json.loads(written(write_coco, [moving]))["annotations"]

    assert [annotation["segmentation"] for annotation in annotations] == [
        [[0, 0, 10, 0, 10, 10]],
        [[10, 0, 20, 0, 20, 20]],
    ]
    assert [annotation["area"] for annotation in annotations] == [50, 100]


@settings(deadline=None)
@given(found=many)
def test_jsonl_loses_nothing(found):
    lines = io.BytesIO(written(write_jsonl, found))

    assert list(read_jsonl(lines, ontology=ONTOLOGY, picture=PICTURE)) == found


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([b"{"], "Line 1 is not JSON"),
        ([b"{}"], "Line 1 is not the header"),
        ([b'{"format":"custos-tracks","version":1}', b'{"label":"dog"}'], "Line 2, label"),
    ],
)
def test_a_broken_jsonl_file_is_told_with_its_line(lines, told):
    with pytest.raises(Invalid, match=told):
        list(read_jsonl(lines, ontology=ONTOLOGY, picture=PICTURE))


@settings(deadline=None)
@given(
    found=tracks(kinds=("box",), rotated=st.just(value=False)),
    start=st.integers(0, 49),
    length=st.integers(0, 49),
    ends=st.booleans(),
)
def test_blocks_of_boxes_are_the_shapes_to_a_thousandth_of_a_pixel(found, start, length, ends):
    one_by_one = shapes_and_ends if ends else shapes
    expected = list(one_by_one(found, start, start + length))

    blocks = list(upright_blocks(found, start, start + length, ends=ends))

    rows = [
        (int(frame), tuple(box), bool(occluded), bool(outside), bool(keyframe))
        for block in blocks
        for frame, box, occluded, outside, keyframe in zip(
            block.frames, block.boxes, block.occluded, block.outside, block.keyframe, strict=True
        )
    ]
    assert len(rows) == len(expected)
    for row, shape in zip(rows, expected, strict=True):
        assert (row[0], *row[2:]) == (shape.frame, shape.occluded, shape.outside, shape.keyframe)
        assert row[1] == pytest.approx(shape.geometry, abs=0 if shape.keyframe else 0.000501)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9))
def test_texts_in_one_go_are_the_texts_of_each_number(values):
    assert texts(np.array(values, float)) == [number(value + 0.0) for value in values]
