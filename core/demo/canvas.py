"""A picture that remembers which actor painted each pixel.

The demo's ground truth needs amodal boxes (what an actor would cover alone) and visibility (how
much of it the others leave uncovered). Both fall out of drawing every shape twice: once in colour
and once, with the actor's number, into an id buffer.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]
Colour: TypeAlias = tuple[int, int, int]
Box: TypeAlias = tuple[float, float, float, float]

# Sub-pixel drawing: OpenCV takes coordinates with this many fractional bits.
_SHIFT = 4
_ONE = 1 << _SHIFT


class Canvas:
    """Frame being painted.

    ``image``: uint8 (h, w, 3) BGR. ``owners``: uint8 (h, w), the actor of each pixel, 0 = nobody.
    """

    def __init__(self, background: Picture) -> None:
        self.image = background.copy()
        self.owners: Picture = np.zeros(background.shape[:2], np.uint8)
        self._actor = 0
        self._extent: list[float] | None = None

    def begin(self, actor: int) -> None:
        """Attribute what is painted from here on to ``actor`` (1-255)."""
        self._actor = actor
        self._extent = None

    @property
    def extent(self) -> Box:
        """Box around everything the actor has painted, unclipped, pixels x1 y1 x2 y2."""
        if self._extent is None:
            raise ValueError("nothing painted yet")
        x1, y1, x2, y2 = self._extent
        return (x1, y1, x2, y2)

    def polygon(self, points: NDArray[np.float64], colour: Colour) -> None:
        """Fill a polygon: points float64 (n, 2), pixels."""
        self._grow(points)
        fixed = np.round(points * _ONE).astype(np.int32)
        cv2.fillPoly(self.image, [fixed], colour, lineType=cv2.LINE_AA, shift=_SHIFT)
        cv2.fillPoly(self.owners, [fixed], self._actor, shift=_SHIFT)

    def rectangle(self, box: Box, colour: Colour) -> None:
        x1, y1, x2, y2 = box
        self.polygon(np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float64), colour)

    def ellipse(
        self, centre: tuple[float, float], axes: tuple[float, float], colour: Colour
    ) -> None:
        angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        self.polygon(
            np.array(centre) + np.stack([np.cos(angles), np.sin(angles)], 1) * axes, colour
        )

    def limb(self, path: NDArray[np.float64], width: float, colour: Colour) -> None:
        """Draw a thick polyline with round joints: path float64 (n, 2), pixels."""
        self._grow(np.vstack([path - width / 2, path + width / 2]))
        fixed = np.round(path * _ONE).astype(np.int32)
        thickness = max(1, round(width))
        cv2.polylines(
            self.image,
            [fixed],
            isClosed=False,
            color=colour,
            thickness=thickness,
            lineType=cv2.LINE_AA,
            shift=_SHIFT,
        )
        cv2.polylines(
            self.owners,
            [fixed],
            isClosed=False,
            color=self._actor,
            thickness=thickness,
            shift=_SHIFT,
        )

    def paste(self, sprite: Picture, matrix: NDArray[np.float64]) -> None:
        """Blend a BGRA sprite, placed by an affine ``matrix`` (2, 3) from sprite to frame."""
        height, width = sprite.shape[:2]
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
        placed = corners @ matrix[:, :2].T + matrix[:, 2]
        self._grow(placed)
        left, top = np.maximum(np.floor(placed.min(0)).astype(int), 0)
        right, bottom = np.ceil(placed.max(0)).astype(int) + 1
        right, bottom = min(right, self.image.shape[1]), min(bottom, self.image.shape[0])
        if right <= left or bottom <= top:
            return
        local = matrix.copy()
        local[:, 2] -= (left, top)
        warped = cv2.warpAffine(sprite, local, (right - left, bottom - top), flags=cv2.INTER_AREA)
        alpha = warped[:, :, 3:].astype(np.float32) / 255
        region = self.image[top:bottom, left:right]
        region[:] = np.round(warped[:, :, :3] * alpha + region * (1 - alpha)).astype(np.uint8)
        self.owners[top:bottom, left:right][alpha[:, :, 0] > 0.5] = self._actor

    def painted(self, box: Box, actor: int) -> int:
        """Pixels inside ``box`` that belong to ``actor`` now."""
        x1, y1, x2, y2 = clip_box(box, self.owners.shape[1], self.owners.shape[0])
        region = self.owners[round(y1) : round(y2), round(x1) : round(x2)]
        return int(np.count_nonzero(region == actor))

    def _grow(self, points: NDArray[np.float64]) -> None:
        low, high = points.min(0), points.max(0)
        if self._extent is None:
            self._extent = [float(low[0]), float(low[1]), float(high[0]), float(high[1])]
            return
        x1, y1, x2, y2 = self._extent
        self._extent = [
            min(x1, float(low[0])),
            min(y1, float(low[1])),
            max(x2, float(high[0])),
            max(y2, float(high[1])),
        ]


def clip_box(box: Box, width: int, height: int) -> Box:
    """The part of a box inside the picture; may have no area."""
    x1, y1, x2, y2 = box
    return (
        min(max(x1, 0.0), float(width)),
        min(max(y1, 0.0), float(height)),
        min(max(x2, 0.0), float(width)),
        min(max(y2, 0.0), float(height)),
    )
