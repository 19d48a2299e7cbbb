"""Which detectors look for what, in each mode: the recipe, and the independent witness."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workforce.redaction.boxes import suppressed
from workforce.redaction.detectors import centerface, clpr
from workforce.redaction.detectors.base import Detections, Detector, Frame
from workforce.redaction.detectors.centerface import CenterFace
from workforce.redaction.detectors.clpr import PlateAnchors
from workforce.redaction.detectors.libface import LibFace, shared_library
from workforce.redaction.detectors.modelfiles import model_bytes
from workforce.redaction.detectors.persons import Heads, Persons
from workforce.redaction.detectors.plates import Plates
from workforce.redaction.detectors.recipe import Mode, Recipe, Role, Subject
from workforce.redaction.detectors.text import GRAPHS, TextLines


class Together:
    """Several detectors of the same subject: the union of their hits."""

    def __init__(self, *detectors: Detector) -> None:
        self._detectors = detectors

    def detect(self, frame: Frame) -> Detections:
        """Hits of any of the detectors in `frame`, doubles dropped."""
        found = [detector.detect(frame) for detector in self._detectors]
        boxes = np.concatenate([hits.boxes for hits in found])
        scores = np.concatenate([hits.scores for hits in found])
        kept = suppressed(boxes, scores, overlap=0.5)
        return Detections(boxes[kept], scores[kept])


class EveryOther:
    """A slow detector that looks at every other picture; the tracker bridges the rest."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._turn = False

    def detect(self, frame: Frame) -> Detections:
        """Hits in `frame`, or none when it is not its turn."""
        self._turn = not self._turn
        return self._detector.detect(frame) if self._turn else Detections.none()


def preload() -> None:
    """Bring all model files into memory: the child can't open files once it is confined.

    Raises Misconfigured when one is not installed.
    """
    for model in (centerface.MODEL, clpr.MODEL, *GRAPHS.values()):
        model_bytes(*model)
    shared_library()


def detectors(recipe: Recipe) -> Mapping[Subject, Detector]:
    """The detectors of a recipe. Raises Misconfigured when a model file is not installed."""
    return {subject: _detector(subject, recipe) for subject in recipe.subjects}


def _detector(subject: Subject, recipe: Recipe) -> Detector:
    match subject:
        case Subject.FACES:
            return _faces(recipe)
        case Subject.PLATES:
            return _plates(recipe)
        case Subject.HEADS:
            return Heads(Persons(scale=1.5 if recipe.mode is Mode.FAST else 2.0))


def _faces(recipe: Recipe) -> Detector:
    # Hand-checked faces of a street crowd covered by 80 % (39 in 5 pictures of 1920 x 1080):
    # CenterFace at 0.3: 36, at 0.2: 37; libfacedetection at half and at full scale: 37.
    if recipe.role is Role.WITNESS:
        if recipe.mode is Mode.FAST:
            return CenterFace(threshold=0.35, threads=recipe.threads)
        return LibFace(threshold=0.5, scale=1.0)
    if recipe.mode is Mode.FAST:
        return LibFace(threshold=0.4, scale=0.5)
    return Together(
        LibFace(threshold=0.4, scale=0.75),
        EveryOther(CenterFace(threshold=0.25, threads=recipe.threads)),
    )


def _plates(recipe: Recipe) -> Detector:
    # Plates covered by 80 % (108 European photographs; 30 plates from a dashboard), and seconds of
    # processor time for all: text at 0.67 and plates at full scale: 102, 24 in 5.7; text at 0.75
    # and plates at half: 103, 26 in 5.1; text at 1 and plates at half: 106, 29 in 8.7; both at
    # full scale: 106, 29 in 10.3. Held out: the cheapest of 45 that reaches 95 % on the dashboard
    # is text at 1 and plates at half, and has 98 % of the photographs; chosen on the photographs
    # (text at 0.75, plates at half from 0.2) it would have 87 % of the dashboard's. Nothing that is
    # cheaper reaches 95 % of both.
    if recipe.role is Role.WITNESS:
        witness = TextLines(graph="v2", threshold=0.5, threads=recipe.threads)
        return Plates(plates=(), texts=(witness,), overlays=recipe.overlays)
    text = TextLines(threshold=0.4, threads=recipe.threads)
    scale = 0.5 if recipe.mode is Mode.FAST else 1.0
    plates = PlateAnchors(threshold=0.3, scale=scale, threads=recipe.threads)
    return Plates(plates=(plates,), texts=(text,), overlays=recipe.overlays)
