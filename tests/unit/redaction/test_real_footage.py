"""Real footage: hand-checked faces and plates are covered, and little else is."""

import json
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from core.media.probe import probe
from workforce.redaction.boxes import areas, clipped, intersections, padded
from workforce.redaction.detectors.kit import detectors
from workforce.redaction.detectors.recipe import Mode, Recipe, Role, Subject
from workforce.redaction.finding import ClipFacts, find
from workforce.redaction.masks import masked_share, masks_of

pytestmark = pytest.mark.shared


def found_in(path, subjects, mode):
    with path.open("rb") as source:
        report = probe(source)
        facts = ClipFacts.of(
            frame_count=report.frame_count,
            width=report.width,
            height=report.height,
            seconds=report.duration_seconds,
        )
        finding = find(source, facts, subjects=subjects, mode=mode)
    masks = masks_of(finding.places, facts=facts)
    area = sum(masked_share(here, facts=facts) for here in masks.values()) / facts.frame_count
    return masks, area


def hidden_share(box, masks):
    """Share of a box that masks cover, on a grid of 40 x 40 points."""
    x = np.linspace(box[0], box[2], 40)
    y = np.linspace(box[1], box[3], 40)[:, None]
    hidden = np.zeros((40, 40), bool)
    for mask in masks:
        x1, y1, x2, y2 = mask.box
        if mask.shape == "box":
            hidden |= (x >= x1) & (x <= x2) & (y >= y1) & (y <= y2)
        else:
            across, down = (2 * x - x1 - x2) / (x2 - x1), (2 * y - y1 - y2) / (y2 - y1)
            hidden |= across**2 + down**2 <= 1
    return hidden.mean()


@pytest.mark.parametrize(("mode", "least"), [(Mode.QUALITY, 38), (Mode.FAST, 37)])
def test_hand_checked_faces_of_a_street_crowd_are_covered(shared_data, mode, least):
    footage = shared_data / "footage"
    checked = json.loads((footage / "facenet_video.faces.handchecked.json").read_text())["frames"]
    masks, area = found_in(footage / "facenet_video.mp4", [Subject.FACES], mode)
    shares = [
        hidden_share(face, masks.get(int(frame), []))
        for frame, marks in checked.items()
        for face in marks["faces"]
    ]
    assert len(shares) == 39
    assert sum(share >= 0.8 for share in shares) >= least
    assert area <= 0.05


def european(footage):
    for table in sorted((footage / "openalpr-eu").glob("*.txt")):
        for line in table.read_text().splitlines():
            name, x, y, width, height, *_ = line.split("\t")
            x, y, width, height = (float(value) for value in (x, y, width, height))
            yield footage / "openalpr-eu" / name, [[x, y, x + width, y + height]]


def romanian(footage):
    for table in sorted((footage / "plates-ro").glob("*.xml")):
        boxes = [
            [float(plate.findtext(f"bndbox/{side}")) for side in ("xmin", "ymin", "xmax", "ymax")]
            for plate in ElementTree.parse(table).iter("object")
        ]
        yield table.with_suffix(".jpg"), boxes


@pytest.mark.parametrize(("photographs", "least"), [(european, 0.95), (romanian, 0.9)])
def test_plates_in_photographs_are_covered(shared_data, photographs, least):
    recipe = Recipe(Mode.QUALITY, (Subject.PLATES,), Role.FIND, np.zeros((0, 4)), 2)
    detector = detectors(recipe)[Subject.PLATES]
    covered, masked = [], []
    for path, boxes in list(photographs(shared_data / "footage"))[::3]:
        picture = cv2.imread(str(path))
        height, width = picture.shape[:2]
        masks = padded(detector.detect(picture).boxes, share=0.35)
        masks = clipped(masks, width=width, height=height)
        truth = np.array(boxes).reshape(-1, 4)
        shares = intersections(truth, masks) / areas(truth)[:, None]
        covered += shares.max(axis=1, initial=0.0).tolist()
        masked.append(areas(masks).sum() / (height * width))
    assert np.mean(np.array(covered) >= 0.8) >= least
    assert np.mean(masked) <= 0.05
