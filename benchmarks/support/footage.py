"""The shared footage and what people marked in it: boxes float64 (n, 4), pixels, by picture."""

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "footage"
# A standing person's head: the top seventh or so, and about half as wide as the box.
HEAD_SHARE, HEAD_WIDTH = 0.2, 0.6


def checked_faces():
    """Hand-checked faces of facenet_video.mp4, and what may be masked but need not, by frame."""
    frames = json.loads((FOLDER / "facenet_video.faces.handchecked.json").read_text())["frames"]
    faces = {int(frame): _boxes(marks["faces"]) for frame, marks in frames.items()}
    ignored = {int(frame): _boxes(marks["ignore"]) for frame, marks in frames.items()}
    return faces, ignored


def walkers():
    """Persons of vtest.avi: {frame: boxes}."""
    rows = np.loadtxt(FOLDER / "vtest.PETS09-S2L1.gt.txt", delimiter=",")
    frames = rows[:, 0].astype(int) - 1
    boxes = np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]])
    return {frame: boxes[frames == frame] for frame in np.unique(frames).tolist()}


def heads(persons):
    """Where the heads of persons are, float64 (n, 4): not the region that the policy hides."""
    wide, high = persons[:, 2] - persons[:, 0], persons[:, 3] - persons[:, 1]
    middle = (persons[:, 0] + persons[:, 2]) / 2
    left, right = middle - HEAD_WIDTH * wide / 2, middle + HEAD_WIDTH * wide / 2
    return np.stack([left, persons[:, 1], right, persons[:, 1] + HEAD_SHARE * high], axis=1)


def photographs(name: str) -> Iterator[tuple[Path, np.ndarray]]:
    """Photographs of a folder with their plates."""
    for path in sorted((FOLDER / name).glob("*.jpg")):
        yield path, _voc(path) if path.with_suffix(".xml").exists() else _line(path)


def _line(path: Path):
    x, y, wide, high = map(float, path.with_suffix(".txt").read_text().split("\t")[1:5])
    return _boxes([[x, y, x + wide, y + high]])


def _voc(path: Path):
    marks = ElementTree.parse(path.with_suffix(".xml")).iter("bndbox")
    sides = ("xmin", "ymin", "xmax", "ymax")
    return _boxes([[float(mark.findtext(side, "0")) for side in sides] for mark in marks])


def _boxes(rows):
    return np.array(rows, dtype=np.float64).reshape(-1, 4)
