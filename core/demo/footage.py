"""The clips of the demo: drawn ones with their truth, or the user's own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from core.demo.scene import FPS, HEIGHT, WIDTH, Scene
from core.demo.truth import Truth
from core.media.encode import encode_clip


@dataclass(frozen=True)
class Clip:
    """A file on the client's own disk. ``truth`` is None for footage of the user's."""

    path: Path
    sha256: str
    truth: Truth | None

    @property
    def size(self) -> int:
        return self.path.stat().st_size


def drawn_clip(path: Path, *, seed: int, frame_count: int, camera: str) -> Clip:
    """Draw and encode a street; the truth is complete when this returns."""
    scene = Scene(seed=seed, frame_count=frame_count, camera=camera)
    encode_clip(scene.frames(), fps=FPS, width=WIDTH, height=HEIGHT, path=path, tone_hz=440)
    return Clip(path, _sha256(path), scene.truth)


def given_clip(path: Path) -> Clip:
    """The user's own footage, as it is."""
    return Clip(path, _sha256(path), None)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
