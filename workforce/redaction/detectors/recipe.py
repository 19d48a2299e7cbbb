"""What the parent asks of the detector child; nothing here loads a model or its runtime."""

from __future__ import annotations

import struct
from enum import StrEnum
from typing import NamedTuple

from workforce.redaction.boxes import Boxes

HEADER = struct.Struct("<III")  # before each picture: index, height, width
UNCONFINED = "unconfined"  # the code of the answer when the child can't be confined


class Mode(StrEnum):
    FAST = "fast"
    QUALITY = "quality"


class Subject(StrEnum):
    """What can be hidden."""

    FACES = "faces"
    HEADS = "heads"
    PLATES = "plates"


class Role(StrEnum):
    """Finding what to mask, or witnessing what a mask left."""

    FIND = "find"
    WITNESS = "witness"


class Recipe(NamedTuple):
    """All that decides which detectors a child loads."""

    mode: Mode
    subjects: tuple[Subject, ...]
    role: Role
    overlays: Boxes
    threads: int
