"""Label files that others made: the same again when written, and every mistake with its line."""

import io
import json
from uuid import uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from tests.unit.labels.scenes import ONTOLOGY, PICTURE, track, tracks, unique, wire
from workforce.labels.formats.clip import ClipLabels, SourceTimes
from workforce.labels.formats.coco import write_coco
from workforce.labels.formats.coco_reader import read_coco
from workforce.labels.formats.cvat_xml import write_cvat
from workforce.labels.formats.cvat_xml_reader import read_cvat
from workforce.labels.formats.jsonl import read_jsonl, read_jsonl_lines, write_jsonl
from workforce.labels.formats.mot import read_mot, write_mot
from workforce.labels.formats.problems import Problems
from workforce.labels.interpolation import shapes
from workforce.labels.ontology import Ontology
from workforce.labels.spans import Span, Stage
from workforce.labels.tracks import Picture

WHERE = {"ontology": ONTOLOGY, "picture": PICTURE}
TIMES = SourceTimes((1, 1000), [frame * 40 + frame % 3 for frame in range(50)])
upright = st.lists(tracks(rotated=st.just(value=False)), max_size=3).filter(unique)


def out(write, found, **more) -> bytes:
    file = io.BytesIO()
    write(file, ClipLabels("yard", PICTURE, ONTOLOGY, iter(found), **more))
    return file.getvalue()


def coco(data: bytes, **more):
    return read_coco(io.BytesIO(data), **WHERE, **more)


def cvat(data: bytes, **more):
    return read_cvat(io.BytesIO(data), **WHERE, **more)


def seen(found):
    """What a viewer sees, frame by frame."""
    return [
        (one.label, one.kind, shape.frame, shape.occluded, one.attributes_at(shape.frame))
        for one in found
        for shape in shapes(one, 0, PICTURE.end)
    ]


def visible(found):
    return [one for one in found if next(shapes(one, 0, PICTURE.end), None)]


@settings(deadline=None)
@given(found=st.lists(tracks(), max_size=3).filter(unique))
def test_cvat_xml_out_in_and_out_again_is_the_same_file(found):
    first = out(write_cvat, found)

    assert out(write_cvat, cvat(first)) == first


@settings(deadline=None, max_examples=30)
@given(found=upright)
def test_the_identity_of_a_linked_track_is_written_and_passed_over_when_it_is_read(found):
    linked = {one.id: uuid5(one.id, "across clips") for one in found}

    xml = out(write_cvat, found, identities=linked)
    assert cvat(xml) == cvat(out(write_cvat, found))
    told = out(write_coco, found, identities=linked)
    assert coco(told) == coco(out(write_coco, found))
    names = {row["attributes"]["identity_uuid"] for row in json.loads(told)["annotations"]}
    assert names == {str(linked[one.id]) for one in visible(found)}
    lines = out(write_jsonl, found, identities=linked).splitlines()
    without = out(write_jsonl, found).splitlines()
    assert list(read_jsonl(lines, **WHERE)) == list(read_jsonl(without, **WHERE))
    names = [json.loads(line)["identity"] for line in lines[1:]]
    assert names == [str(linked[one.id]) for one in found]


@settings(deadline=None)
@given(found=upright)
def test_coco_read_and_written_again_reads_as_the_same_tracks(found):
    back = coco(out(write_coco, found))

    assert seen(back) == seen(visible(found))
    assert [one.id for one in back] == [one.id for one in visible(found)]
    for one, original in zip(back, visible(found), strict=True):
        pairs = zip(shapes(one, 0, 49), shapes(original, 0, 49), strict=True)
        for shape, wanted in pairs:
            assert shape.geometry == pytest.approx(wanted.geometry, abs=0.0021)
    assert coco(out(write_coco, back)) == back


@settings(deadline=None)
@given(found=st.lists(tracks(kinds=("box",), rotated=st.just(value=False)), max_size=3))
def test_mot_read_and_written_again_shows_the_same_boxes(found):
    def read(data: bytes):
        return read_mot(data.decode().splitlines(), name="gt.txt", **WHERE)

    first = out(write_mot, found)
    again = out(write_mot, read(first))

    rows, later = ([line.split(",") for line in data.decode().split()] for data in (first, again))
    # An identity that is seen in no frame leaves none, so the numbers close up.
    assert [row[:1] + row[6:] for row in rows] == [row[:1] + row[6:] for row in later]
    for row, wanted in zip(rows, later, strict=True):
        assert list(map(float, row[2:6])) == pytest.approx(list(map(float, wanted[2:6])), abs=0.02)


def test_json_lines_keep_events_and_the_time_of_each_keyframe():
    one = track()
    event = Span(one.id, "loitering", 3, 9, (one.id,), (), {})
    event = Span(track(id="7b0d1f3e-0a55-4a4f-9d2d-1d2c54a7b003").id, *_rest(event))
    ontology = Ontology.from_document(
        {**ONTOLOGY.to_document(), "events": [{"key": "loitering", "name": "Loitering"}]}
    )
    file = io.BytesIO()
    write_jsonl(file, ClipLabels("yard", PICTURE, ontology, [one], [event], TIMES))

    lines = file.getvalue().splitlines()
    stage = Stage(ontology, PICTURE, {}, {})
    assert json.loads(lines[0])["time_base"] == [1, 1000]
    assert json.loads(lines[1])["pts"] == [0, 401]
    assert Ontology.from_document(json.loads(lines[0])["ontology"]) == ontology
    assert list(read_jsonl_lines(lines, stage=stage, times=TIMES)) == [one, event]
    other = SourceTimes((1, 1000), list(range(50)))
    with pytest.raises(Invalid, match="Line 2, pts: the times are not those"):
        list(read_jsonl_lines(lines, stage=stage, times=other))


def _rest(span):
    return span.event, span.start, span.end, span.participants, span.zones, span.attributes


def test_coco_images_have_their_time_where_it_is_known():
    data = json.loads(out(write_coco, [track()], times=TIMES))

    assert data["info"]["time_base"] == [1, 1000]
    assert [image["pts"] for image in data["images"]] == TIMES.pts


IMAGE = {"id": 1, "file_name": "frame_000007.png"}
LABEL = {"id": 1, "name": "Person"}
BOX = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}


def file(*, images=(IMAGE,), categories=(LABEL,), annotations=(BOX,)) -> bytes:
    """A COCO file with an item a line, its annotations from line 2 on."""
    rows = [",\n".join(map(json.dumps, part)) for part in (annotations, images, categories)]
    return '{{"annotations":[\n{}\n],"images":[{}],"categories":[{}]}}'.format(*rows).encode()


def test_coco_of_another_tool_names_frames_by_files_and_may_have_no_tracks():
    (one,) = coco(file())

    assert [(key.frame, key.outside) for key in one.keyframes] == [(7, False), (8, True)]
    assert one.keyframes[0].geometry == (1, 2, 4, 6)


def test_a_polygon_of_another_tool_rests_and_moves_and_goes_as_it_did():
    corners = {frame: [0, 0, 10, 0, 10, 10 + max(0, frame - 5)] for frame in [*range(9), 12, 13]}
    rows = [
        {**BOX, "id": frame, "image_id": frame, "track_id": 1, "segmentation": [points]}
        for frame, points in corners.items()
    ]
    images = [{"id": f, "file_name": f"{f:06}.jpg", "width": 320, "height": 240} for f in corners]
    (one,) = coco(file(images=images, annotations=rows))
    seen_there = {shape.frame: list(shape.geometry) for shape in shapes(one, 0, 13)}
    assert seen_there == corners
    assert len(one.keyframes) < len(corners)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "'{' should stand here"),
        (b"[]", "'{' should stand here"),
        (b'{"info": [\n\n1 2]}', "Line 3 is not JSON"),
        (b"{" + b"[" * 100_000, "not JSON"),
        (b'{"info": ' + b"[" * 100_000, "nested too deep"),
        (b'{"info": "\xff"}', "not UTF-8"),
        (b'{"info": {}}', 'no "annotations"'),
        (file(categories=[{"id": 1, "name": "dog"}]), "no label 'dog'; it has: person, vehicle"),
        (file(categories=[LABEL, LABEL]), "category 1 is there already"),
        (file(images=[IMAGE, IMAGE]), "image 1 is there already"),
        (file(images=[{"id": 1, "file_name": "gate.png"}]), "names no frame"),
        (file(images=[{"id": 1, "frame": -1}]), "frame is -1; give a whole number from 0"),
        (file(images=[{"id": 1, "frame": 10**40}]), "of more than 12 digits"),
        (file(images=[{"id": 1, "frame": 50}]), "it has frames 0 to 49"),
        (file(annotations=[BOX, BOX]), "Line 3: annotation 1 is there already (line 2)"),
        (file(annotations=[{**BOX, "category_id": 9}]), "Line 2: there is no category 9"),
        (file(annotations=[{**BOX, "image_id": 9}]), "Line 2: there is no image 9"),
        (file(annotations=[{**BOX, "bbox": [1, 2, float("nan"), 4]}]), "finite numbers"),
        (file(annotations=[{**BOX, "bbox": [1, 2, 10**400, 4]}]), "finite numbers"),
        (file(annotations=[{**BOX, "bbox": [1, 2, 0, 4]}]), "the box is 0 x 4"),
        (file(annotations=[{**BOX, "bbox": [9e9, 2, 3, 4]}]), "move it into the picture"),
        (file(annotations=[{**BOX, "attributes": {"hat": 1}}]), "no attribute 'hat'"),
        (file(annotations=[{**BOX, "attributes": {"hooded": 1}}]), "true or false"),
        (file(annotations=[{**BOX, "segmentation": {"counts": []}}]), "RLE"),
        (file(annotations=[{**BOX, "segmentation": [[1, 2], [3]]}]), "several parts"),
        (file(annotations=["box"]), "Line 2: annotations are a list of objects"),
        (
            file(annotations=[{**BOX, "track_id": 5}, {**BOX, "id": 2, "track_id": 5}]),
            "Line 3: this object has an annotation in frame 7 already (line 2)",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_coco_file_is_told_with_its_line(data, told):
    with pytest.raises(Invalid) as refused:
        coco(data)

    assert told in refused.value.message


def test_all_mistakes_of_a_file_are_told_at_once_and_what_is_right_is_kept():
    problems = Problems()
    broken = [{**BOX, "id": 2, "bbox": []}, {**BOX, "id": 3, "category_id": 8}]
    assert len(coco(file(annotations=[BOX, *broken]), tell=problems.tell)) == 1
    assert [text.split(":")[0] for text in problems.messages] == ["Line 3", "Line 4"]

    problems = Problems()
    xml = out(write_cvat, [track(), track(id="7b0d1f3e-0a55-4a4f-9d2d-1d2c54a7b003")]).decode()
    xml = xml.replace('frame="3"', 'frame="-3"', 1).replace('"frame="4"', '"', 1)
    found = cvat(xml.encode(), tell=problems.tell)
    assert [str(one.id)[0] for one in found] == ["6", "7"]
    xml = xml.replace('keyframe="1"', 'keyframe="1" frame="-1"', 1).replace('frame="0"', "", 1)
    found = cvat(xml.encode(), tell=problems.tell)
    assert [str(one.id)[0] for one in found] == ["7"]
    (message,) = problems.messages
    assert "Frame -1 is outside this work" in message

    problems = Problems()
    rows = ["1,1,0,0,9,9", "1,1,0,0,9,9", "2,1,x,0,9,9", "0,1,0,0,9,9", "900,2,0,0,9,9"]
    read_mot(rows, name="gt.txt", **WHERE, tell=problems.tell)
    lines = [text.split(",")[1].split(":")[0] for text in problems.messages]
    assert lines == [" line 3", " line 4", " line 2", " line 5"]


def test_so_many_mistakes_end_the_reading():
    problems = Problems(most=3)
    lines = [json.dumps(item) for item in [{"format": "custos-tracks", "version": 1}, *[{}] * 9]]
    stage = Stage(ONTOLOGY, PICTURE, {}, {})

    found = problems.gather(
        read_jsonl_lines([line.encode() for line in lines], stage=stage, tell=problems.tell)
    )

    assert (found, len(problems.messages), problems.cut_short) == ([], 3, True)


def test_a_track_that_is_there_twice_is_told():
    data = out(write_cvat, [track(), track()])
    with pytest.raises(Invalid, match="is there already"):
        cvat(data)
    lines = out(write_jsonl, [track(), track()]).splitlines()
    with pytest.raises(Invalid, match=r"Line 3, id: .* is there already"):
        list(read_jsonl_lines(lines, stage=Stage(ONTOLOGY, PICTURE, {}, {})))


def test_cvat_for_images_is_told_from_cvat_for_video():
    with pytest.raises(Invalid, match="export as 'CVAT for video"):
        cvat(b'<annotations><image id="0"/></annotations>')


def test_a_bomb_of_entities_is_refused_before_it_grows():
    levels = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE a [<!ENTITY l0 "boom">{levels}]><annotations>&l9;</annotations>'
    outside = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotations>&x;</annotations>'
    for data in (bomb, outside):
        with pytest.raises(Invalid, match="document type"):
            cvat(data.encode())


def test_a_number_of_thousands_of_digits_is_told_and_not_counted():
    with pytest.raises(Invalid, match="garbles a value"):
        cvat(
            b'<annotations><track label="person"><box frame="' + b"9" * 9000 + b'"/></track>'
            b"</annotations>"
        )
    with pytest.raises(Invalid, match="more than 12 digits"):
        read_mot(["9" * 300 + ",1,0,0,9,9"], name="x", **WHERE)
    huge = wire(keyframes=[[10**5000, 0, [1, 1, 2, 2]]])
    with pytest.raises(Invalid, match="more than 12 digits"):
        track(**{key: huge[key] for key in ("keyframes",)})


def test_end_of_the_picture_ends_what_a_mot_file_leaves_out():
    (one,) = read_mot(["1,1,0,0,9,9"], name="x", ontology=ONTOLOGY, picture=Picture(640, 360, 0, 9))

    assert [(key.frame, key.outside) for key in one.keyframes] == [(0, False), (1, True)]
