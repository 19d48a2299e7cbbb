"""Entry point of the detector child: raw pictures in on stdin, hits out on stdout.

A picture that crashes a model must not take the worker with it, so detectors live in a process of
their own, confined like a decoder: it is handed pixels only, and can open no file or socket.

in   one JSON line, the recipe and the confinement; then per picture `index, height, width` (u32,
     little endian) and height x width x 3 bytes, blue green red
out  one JSON line `{"ready": true}` or `{"error": message, "code": code}`; then per picture one
     `{"index": i, "hits": {subject: [[x1, y1, x2, y2, score], ...]}}`
"""

from __future__ import annotations

import encodings.idna  # noqa: F401  imported late by others: no files once confined
import json
import os
import sys
from typing import BinaryIO

import cv2
import numpy as np

from core.errors import CustosError
from core.media.inside.confine import CannotConfine, confine
from workforce.redaction.detectors.base import Detections
from workforce.redaction.detectors.kit import detectors, preload
from workforce.redaction.detectors.recipe import (
    HEADER,
    UNCONFINED,
    Mode,
    Recipe,
    Role,
    Subject,
)


def recipe_from(line: bytes) -> Recipe:
    """The recipe that the parent sent as JSON."""
    wire = json.loads(line)
    return Recipe(
        mode=Mode(wire["mode"]),
        subjects=tuple(Subject(name) for name in wire["subjects"]),
        role=Role(wire["role"]),
        overlays=np.array(wire["overlays"], dtype=np.float64).reshape(-1, 4),
        threads=int(wire["threads"]),
    )


def rows(hits: Detections) -> list[list[float]]:
    """Hits as JSON rows of x1, y1, x2, y2, score."""
    table: list[list[float]] = np.hstack([hits.boxes, hits.scores[:, None]]).round(4).tolist()
    return table


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer pictures from `source` on `sink` until `source` ends."""
    words = source.readline()
    try:
        preload()
        confine(**json.loads(words)["confinement"])
        recipe = recipe_from(words)
        loaded = detectors(recipe)
    except CustosError as error:
        _say(sink, {"error": error.message, "code": error.code})
        return
    except CannotConfine as error:
        _say(sink, {"error": str(error), "code": UNCONFINED})
        return
    _say(sink, {"ready": True})
    while header := source.read(HEADER.size):
        index, height, width = HEADER.unpack(header)
        pixels = source.read(height * width * 3)
        frame = np.frombuffer(pixels, np.uint8).reshape(height, width, 3)
        hits = {subject: rows(detector.detect(frame)) for subject, detector in loaded.items()}
        _say(sink, {"index": index, "hits": hits})


def _say(sink: BinaryIO, message: object) -> None:
    sink.write(json.dumps(message).encode() + b"\n")
    sink.flush()


if __name__ == "__main__":
    # OpenCV would start threads of its own beside those of the ONNX runtime.
    cv2.setNumThreads(1)
    # Libraries that print would break the protocol: what they write to stdout goes to stderr.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)
