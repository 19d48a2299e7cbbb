"""`custos convert`: from any format to any other, and nothing written when a line is wrong."""

import io

import pytest
from typer import Typer
from typer.testing import CliRunner

from tests.unit.labels.scenes import ONTOLOGY, PICTURE, track
from workforce.labels.command import convert
from workforce.labels.formats.clip import ClipLabels
from workforce.labels.formats.jsonl import write_jsonl

app = Typer()
app.command()(convert)

CURVE = [[0, 0, [10, 20, 50, 110]], [10, 2, [30, 20, 70, 110]], [30, 1, [30, 20, 70, 110]]]
POSTURES = [[0, "walking"], [20, "standing"]]


@pytest.fixture
def source(tmp_path):
    """One walker in JSON Lines, with a gap, a hidden stretch and an attribute that changes."""
    found = [track(keyframes=CURVE, attributes={"posture": POSTURES, "hooded": True})]
    out = io.BytesIO()
    write_jsonl(out, ClipLabels("in", PICTURE, ONTOLOGY, found))
    path = tmp_path / "in.jsonl"
    path.write_bytes(out.getvalue())
    return path


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_cvat_and_back_is_the_same_file(source, tmp_path):
    there = run(source, tmp_path / "a.xml")
    back = run(tmp_path / "a.xml", tmp_path / "in2.jsonl")
    again = run(tmp_path / "in2.jsonl", tmp_path / "b.xml")

    assert [one.exit_code for one in (there, back, again)] == [0, 0, 0], back.output
    first, second = ((tmp_path / name).read_text() for name in ("a.xml", "b.xml"))
    assert first.replace("<name>a<", "<name>b<").split("<meta>")[1:] == second.split("<meta>")[1:]
    assert "1 tracks" in there.output


def test_coco_and_back_keeps_boxes_flags_and_attributes(source, tmp_path):
    assert run(source, tmp_path / "a.json").exit_code == 0
    back = run(tmp_path / "a.json", tmp_path / "b.jsonl")
    assert back.exit_code == 0, back.output
    assert run(tmp_path / "b.jsonl", tmp_path / "b.json").exit_code == 0

    assert '"hooded":true' in (tmp_path / "b.json").read_text()
    first, second = (
        [line for line in (tmp_path / name).read_text().splitlines() if "bbox" in line]
        for name in ("a.json", "b.json")
    )
    assert len(first) == len(second) == 30


def test_mot_wants_the_size_and_finds_its_labels(source, tmp_path):
    folder = tmp_path / "gt"
    folder.mkdir()
    assert run(source, folder / "gt.txt").exit_code == 0
    assert (folder / "labels.txt").read_text() == "person\nvehicle\n"

    silent = run(folder / "gt.txt", tmp_path / "c.xml")
    assert silent.exit_code == 2
    assert "give --size" in silent.output
    told = run(folder / "gt.txt", tmp_path / "c.xml", "--size", "640x360", "--frames", "50")
    assert told.exit_code == 0, told.output
    assert 'label="person"' in (tmp_path / "c.xml").read_text()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("x.jsonl", '{"format":"custos-tracks"}', "Line 1 is not the header"),
        ("x.txt", "hello", "none of the formats"),
        ("x.xml", '<!DOCTYPE a [<!ENTITY x "y">]><annotations/>', "document type"),
        ("x.json", '{"images": [', "Line 1 is not JSON"),
    ],
)
def test_a_wrong_file_is_told_and_nothing_is_written(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)

    refused = run(tmp_path / name, tmp_path / "out.xml")

    assert refused.exit_code == 2
    assert told in refused.output
    assert not list(tmp_path.glob("out.xml*"))


def test_a_wrong_line_leaves_the_target_as_it_was(source, tmp_path):
    source.write_bytes(source.read_bytes().replace(b'"label":"person"', b'"label":"dog"', 1))
    (tmp_path / "out.xml").write_text("before")

    refused = run(source, tmp_path / "out.xml")

    assert refused.exit_code == 2
    assert "Line 2, label" in refused.output
    assert (tmp_path / "out.xml").read_text() == "before"
    assert run(source, tmp_path / "out.avi").exit_code == 2
    assert run(tmp_path / "none.xml", tmp_path / "out.xml").exit_code == 2
