"""What moves in the drawn street: walkers with a photographed face, vehicles with a plate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.demo.canvas import Box, Canvas, Colour, Picture

PORTRAIT = Path(__file__).parent / "assets" / "portrait.png"

# Eyebrows to chin and cheek to cheek in portrait.png, in its pixels: the part that identifies.
_FACE: Box = (42.0, 74.0, 134.0, 178.0)
_CHIN_Y = 182.0
_NECK_X = 90.0

# A European plate is 520 x 110 mm; a car about 1,800 mm wide.
_PLATE_ASPECT = 520 / 110
_PLATE_SHARE = 0.36
_CAR_HEIGHT = 0.72


@dataclass(frozen=True)
class Stance:
    """Where an actor stands in one frame: feet or wheels at (x, y), height or width ``size`` px."""

    x: float
    y: float
    size: float


class Actor(Protocol):
    """Something that paints itself and knows the box of what must be blurred on it."""

    @property
    def label(self) -> str: ...

    @property
    def shows(self) -> str: ...

    @property
    def attributes(self) -> dict[str, str]: ...

    def paint(self, canvas: Canvas, stance: Stance, frame: int) -> Box:
        """Paint one frame; returns the box of the face or plate, pixels, unclipped."""
        ...


@dataclass(frozen=True)
class Walker:
    """A person. ``size`` of its stance is the height in pixels."""

    head: Picture
    coat: Colour
    trousers: Colour
    stride: float
    tilt: float
    label: str = "person"
    shows: str = "face"

    @property
    def attributes(self) -> dict[str, str]:
        return {"age_group": "adult"}

    def paint(self, canvas: Canvas, stance: Stance, frame: int) -> Box:
        """Legs, arms, coat, then the head on top."""
        tall = stance.size
        phase = frame * self.stride
        bob = abs(math.sin(phase)) * tall * 0.012
        hip = np.array([stance.x, stance.y - tall * 0.42 - bob])
        neck = np.array([stance.x, stance.y - tall * 0.76 - bob])
        shade: Colour = (int(self.coat[0] * 0.8), int(self.coat[1] * 0.8), int(self.coat[2] * 0.8))
        for side in (-1, 1):
            swing = math.sin(phase) * side
            foot = np.array(
                [stance.x + swing * tall * 0.13, stance.y - max(0, -swing) * tall * 0.02]
            )
            knee = (hip + foot) / 2 + (swing * tall * 0.02, 0)
            canvas.limb(np.array([hip, knee, foot]), tall * 0.085, self.trousers)
            canvas.ellipse(
                (foot[0] + tall * 0.015, foot[1]), (tall * 0.05, tall * 0.022), (25, 25, 30)
            )
            hand = _off(neck, side * tall * 0.11 - swing * tall * 0.09, tall * 0.33)
            shoulder = _off(neck, side * tall * 0.1, tall * 0.06)
            canvas.limb(np.array([shoulder, (shoulder + hand) / 2, hand]), tall * 0.06, shade)
        torso = np.array(
            [
                _off(neck, -tall * 0.11, tall * 0.02),
                _off(neck, tall * 0.11, tall * 0.02),
                _off(hip, tall * 0.12, tall * 0.06),
                _off(hip, -tall * 0.12, tall * 0.06),
            ]
        )
        canvas.polygon(torso, self.coat)
        canvas.limb(np.array([_off(neck, 0, tall * 0.05), hip]), tall * 0.008, shade)
        return self._paint_head(canvas, neck, tall, phase)

    def _paint_head(
        self, canvas: Canvas, neck: NDArray[np.float64], tall: float, phase: float
    ) -> Box:
        # Head and hair take a quarter of the height: larger than life, so that faces of 40-60 px
        # fit a 540 px picture.
        scale = tall * 0.25 / _CHIN_Y
        angle = self.tilt + math.sin(phase * 0.5) * 2
        matrix = cv2.getRotationMatrix2D((_NECK_X, _CHIN_Y), angle, scale).astype(np.float64)
        matrix[:, 2] += _off(neck, -_NECK_X, tall * 0.015 - _CHIN_Y)
        canvas.paste(self.head, matrix)
        x1, y1, x2, y2 = _FACE
        corners = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])
        placed = corners @ matrix[:, :2].T + matrix[:, 2]
        low, high = placed.min(0), placed.max(0)
        return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


@dataclass(frozen=True)
class Vehicle:
    """A car or van seen from the front. ``size`` of its stance is the width in pixels."""

    plate: Picture
    paintwork: Colour
    subtype: str
    label: str = "vehicle"
    shows: str = "plate"

    @property
    def attributes(self) -> dict[str, str]:
        return {"type": self.subtype}

    def paint(self, canvas: Canvas, stance: Stance, frame: int) -> Box:
        """Wheels, body, glass, lamps, plate. ``frame`` is unused: wheels face the camera."""
        wide = stance.size
        high = wide * (_CAR_HEIGHT if self.subtype == "car" else _CAR_HEIGHT * 1.15)
        left, top = stance.x - wide / 2, stance.y - high

        def at(u: float, v: float) -> tuple[float, float]:
            return (left + u * wide, top + v * high)

        def shape(*points: tuple[float, float]) -> NDArray[np.float64]:
            return np.array([at(u, v) for u, v in points], np.float64)

        dark: Colour = (
            int(self.paintwork[0] * 0.6),
            int(self.paintwork[1] * 0.6),
            int(self.paintwork[2] * 0.6),
        )
        for u in (0.06, 0.8):
            canvas.polygon(shape((u, 0.7), (u + 0.14, 0.7), (u + 0.14, 1), (u, 1)), (22, 22, 22))
        roof = 0.24 if self.subtype == "car" else 0.1
        canvas.polygon(shape((roof, 0), (1 - roof, 0), (0.95, 0.42), (0.05, 0.42)), self.paintwork)
        canvas.polygon(
            shape((roof + 0.03, 0.05), (0.97 - roof, 0.05), (0.88, 0.4), (0.12, 0.4)), (96, 82, 70)
        )
        canvas.polygon(
            shape((0.36, 0.06), (0.46, 0.06), (0.36, 0.39), (0.24, 0.39)), (120, 106, 92)
        )
        canvas.polygon(
            shape((0.03, 0.42), (0.97, 0.42), (1, 0.55), (1, 0.9), (0, 0.9), (0, 0.55)),
            self.paintwork,
        )
        canvas.polygon(shape((0.3, 0.53), (0.7, 0.53), (0.66, 0.66), (0.34, 0.66)), (40, 40, 42))
        canvas.polygon(shape((0, 0.72), (1, 0.72), (1, 0.9), (0, 0.9)), dark)
        for u in (0.13, 0.87):
            canvas.ellipse(at(u, 0.57), (wide * 0.08, wide * 0.045), (214, 226, 232))
        return self._paint_plate(canvas, stance.x, top + high * 0.79, wide * _PLATE_SHARE)

    def _paint_plate(self, canvas: Canvas, x: float, y: float, wide: float) -> Box:
        rows, columns = self.plate.shape[:2]
        scale = wide / columns
        high = rows * scale
        matrix = np.array([[scale, 0, x - wide / 2], [0, scale, y - high / 2]], np.float64)
        canvas.paste(self.plate, matrix)
        return (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)


def _off(point: NDArray[np.float64], dx: float, dy: float) -> NDArray[np.float64]:
    return np.add(point, (dx, dy))


@cache
def portrait() -> Picture:
    """The committed head, BGRA uint8 (200, 174, 4)."""
    picture = cv2.imread(str(PORTRAIT), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise FileNotFoundError(PORTRAIT)
    return np.asarray(picture, np.uint8)


def varied_head(rng: np.random.Generator) -> Picture:
    """The portrait flipped, re-lit and re-tinted, so that no two people look the same."""
    source = portrait()
    hsv = cv2.cvtColor(np.ascontiguousarray(source[:, :, :3]), cv2.COLOR_BGR2HSV).astype(np.float32)
    # Above the eyes and below the jaw's sides it is hair: tint that only.
    hair = np.ones(hsv.shape[:2], np.float32)
    cv2.ellipse(hair, (88, 126), (46, 56), 0, 0, 360, 0.0, -1)
    hair = cv2.GaussianBlur(hair, (0, 0), 4)
    hsv[:, :, 2] *= 1 - hair * rng.uniform(0, 0.65)
    hsv[:, :, 1] *= 1 - hair * rng.uniform(0, 0.6)
    hsv[:, :, 2] *= rng.uniform(0.8, 1.1)
    hsv[:, :, 1] *= rng.uniform(0.85, 1.15)
    colour = cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2BGR)
    head = np.dstack([colour, source[:, :, 3]])
    # The neck is left of the middle of the picture: a flip must keep it where it is.
    if rng.random() < 0.5:
        head = np.roll(head[:, ::-1], round(2 * _NECK_X - head.shape[1]), axis=1)
    return np.ascontiguousarray(head)


def plate_text(rng: np.random.Generator) -> str:
    letters = "BCDFGHJKLMNPRSTVWXZ"
    pick = "".join(letters[i] for i in rng.integers(0, len(letters), 4))
    return f"{pick[0]} {rng.integers(10, 99)} {pick[1:]}"


def draw_plate(text: str) -> Picture:
    """A white European plate with dark border and blue band, BGRA uint8 (110, 520, 4)."""
    high = 110
    wide = round(high * _PLATE_ASPECT)
    image = Image.new("RGB", (wide, high), (20, 20, 20))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((4, 4, wide - 5, high - 5), 8, fill=(244, 244, 240))
    pen.rectangle((4, 4, 50, high - 5), fill=(20, 60, 160))
    font = ImageFont.load_default(86)
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font, stroke_width=2)
    x = 50 + (wide - 54 - (right - left)) / 2 - left
    y = (high - (bottom - top)) / 2 - top
    pen.text((x, y), text, font=font, fill=(16, 16, 16), stroke_width=2, stroke_fill=(16, 16, 16))
    bgr = np.asarray(image)[:, :, ::-1]
    return np.ascontiguousarray(np.dstack([bgr, np.full((high, wide), 255, np.uint8)]))
