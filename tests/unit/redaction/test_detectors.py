"""Detectors on a drawn street, through the child that they live in."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from core.demo.scene import Scene
from core.errors import Misconfigured, Unavailable
from core.media.errors import SandboxUnavailable
from workforce.redaction.boxes import areas, intersections
from workforce.redaction.detectors import modelfiles
from workforce.redaction.detectors.centerface import CenterFace
from workforce.redaction.detectors.clpr import PlateAnchors
from workforce.redaction.detectors.kit import EveryOther, detectors, preload
from workforce.redaction.detectors.libface import LibFace
from workforce.redaction.detectors.persons import Persons, heads_of
from workforce.redaction.detectors.process import DetectorProcess
from workforce.redaction.detectors.recipe import Mode, Recipe, Role, Subject
from workforce.redaction.detectors.text import TextLines

FRAME = 70


@pytest.fixture(scope="module")
def street():
    """A picture of a drawn street, and the boxes of the faces and plates seen whole in it."""
    scene = Scene(seed=1)
    picture = next(frame for number, frame in enumerate(scene.frames()) if number == FRAME)
    marks = {"face": [], "plate": []}
    for mark in scene.truth.marks[FRAME]:
        if mark.visible > 0.85:
            marks[mark.kind].append(mark.box)
    assert all(marks.values())
    return picture, {kind: np.array(boxes) for kind, boxes in marks.items()}


def finds(found, truth, share=0.5):
    """Whether every true box is covered by one found box to `share`."""
    covered = intersections(truth, found) / areas(truth)[:, None]
    return bool((covered.max(axis=1) >= share).all())


def recipe(mode, role, *subjects):
    return Recipe(mode, subjects, role, np.zeros((0, 4)), 2)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("role", list(Role))
def test_each_recipe_finds_faces_and_plates(street, mode, role):
    picture, truth = street
    kit = detectors(recipe(mode, role, Subject.FACES, Subject.PLATES))
    assert finds(kit[Subject.FACES].detect(picture).boxes, truth["face"])
    assert finds(kit[Subject.PLATES].detect(picture).boxes, truth["plate"])


@pytest.mark.parametrize(
    "detector",
    [CenterFace, LibFace, TextLines, PlateAnchors, lambda: Persons(scale=1.0)],
    ids=["centerface", "libface", "text", "clpr", "persons"],
)
@pytest.mark.parametrize("size", [(540, 960), (1, 1), (33, 47), (20, 700)])
def test_a_picture_of_nothing_has_nothing_whatever_its_size(detector, size):
    hits = detector().detect(np.full((*size, 3), 127, np.uint8))
    assert hits.boxes.shape == (0, 4)
    assert hits.scores.shape == (0,)


def test_boxes_are_in_pixels_of_the_picture_at_any_scale(street):
    picture, truth = street
    for detector in (CenterFace(scale=0.75), LibFace(scale=1.3), CenterFace(scale=1.5)):
        hits = detector.detect(picture)
        assert finds(hits.boxes, truth["face"])
        assert (hits.boxes >= 0).all()
        assert (hits.boxes <= [960, 540, 960, 540]).all()
        assert (hits.scores <= 1).all()


def test_a_head_is_the_top_of_a_person():
    assert heads_of(np.array([[10.0, 100.0, 50.0, 200.0]])).tolist() == [[10, 100, 50, 130]]


def test_heads_of_standing_people_are_found(street):
    picture, truth = street
    kit = detectors(recipe(Mode.FAST, Role.FIND, Subject.HEADS))
    heads = kit[Subject.HEADS].detect(picture)
    assert len(heads.boxes) >= 1
    assert ((heads.scores > 0) & (heads.scores <= 1)).all()
    # What is found is a head: it meets one of the faces that walk by.
    assert (intersections(heads.boxes, truth["face"]).max(axis=1) > 0).any()


def test_a_plate_is_found_by_its_own_detector(street):
    picture, truth = street
    hits = PlateAnchors(threshold=0.1).detect(picture)
    assert intersections(truth["plate"], hits.boxes).any()
    assert len(hits.boxes) == len(hits.scores)


def test_every_other_looks_at_every_other_picture(street):
    picture, _ = street
    detector = EveryOther(LibFace())
    assert [bool(len(detector.detect(picture).boxes)) for _ in range(4)] == [True, False] * 2


def test_a_missing_model_says_how_to_get_it():
    with pytest.raises(Misconfigured, match=r"requirements-models\.txt"):
        modelfiles.model_bytes("no_such_package", "model.onnx")


def test_all_bundled_models_are_there():
    preload()


def test_the_child_answers_like_the_detectors_themselves(street):
    picture, _ = street
    own = detectors(recipe(Mode.FAST, Role.FIND, Subject.FACES))[Subject.FACES].detect(picture)
    with DetectorProcess(mode=Mode.FAST, subjects=(Subject.FACES,)) as child:
        hits = child.detect(7, picture)[Subject.FACES]
        again = child.detect(8, picture[::-1])[Subject.FACES]
    assert np.allclose(hits.boxes, own.boxes, atol=0.01)
    assert len(again.boxes) != len(own.boxes)


def test_the_child_can_open_no_file_and_has_no_secret(street, monkeypatch):
    monkeypatch.setenv("CUSTOS_ROOT_KEK", "secret")
    with DetectorProcess(mode=Mode.FAST, subjects=(Subject.FACES,)) as child:
        place = Path(f"/proc/{child.pid}")
        lines = (place / "status").read_text().splitlines()
        facts = dict(line.split(":", 1) for line in lines)
        assert facts["Seccomp"].strip() == "2"
        assert facts["NoNewPrivs"].strip() == "1"
        if os.geteuid() == 0:
            assert facts["Uid"].split()[0] != "0"
            assert b"secret" not in (place / "environ").read_bytes()


def test_a_child_that_dies_is_reported_and_hurts_nobody(street):
    picture, _ = street
    with DetectorProcess(mode=Mode.FAST, subjects=(Subject.FACES,)) as child:
        os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(Unavailable, match="-9"):
            child.detect(0, picture)
    with DetectorProcess(mode=Mode.FAST, subjects=(Subject.FACES,)) as child:
        assert len(child.detect(0, picture)[Subject.FACES].boxes)


def test_a_child_that_hangs_is_given_up(street, monkeypatch):
    from workforce.redaction.detectors import process

    picture, _ = street
    with DetectorProcess(mode=Mode.FAST, subjects=(Subject.FACES,)) as child:
        # Small enough for the pipe to take it from a parent whose child does not read.
        small = np.ascontiguousarray(picture[:64, :64])
        os.kill(child.pid, signal.SIGSTOP)
        monkeypatch.setattr(process, "PICTURE_SECONDS", 0.2)
        with pytest.raises(Unavailable, match="in time"):
            child.detect(0, small)


def test_a_child_that_cannot_be_confined_looks_at_nothing(monkeypatch):
    from workforce.redaction.detectors import process

    # The child demands that its parent lives; another's number stands for one that has ended.
    monkeypatch.setattr(process.os, "getpid", lambda: 1)
    with (
        pytest.raises(SandboxUnavailable),
        DetectorProcess(mode=Mode.FAST, subjects=(Subject.FACES,)),
    ):
        pass


def test_a_child_without_its_models_says_so(monkeypatch, tmp_path):
    from workforce.redaction.detectors import process

    (tmp_path / "starts.py").write_text(
        "import sys, runpy\n"
        "from workforce.redaction.detectors import modelfiles\n"
        "modelfiles.find_spec = lambda name: None\n"
        "runpy.run_module('workforce.redaction.detectors.child', run_name='__main__')\n"
    )
    tmp_path.chmod(0o755)
    monkeypatch.setattr(process, "CHILD", "starts")
    monkeypatch.setattr(process, "ROOT", f"{process.ROOT}:{tmp_path}")
    with (
        pytest.raises(Misconfigured, match="not installed"),
        DetectorProcess(mode=Mode.FAST, subjects=(Subject.FACES,)),
    ):
        pass
