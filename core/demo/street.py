"""The still parts of the drawn scene: facade, road, pavement, and the posts in front."""

from __future__ import annotations

import cv2
import numpy as np

from core.demo.canvas import Canvas, Colour, Picture


def backdrop(width: int, height: int, rng: np.random.Generator) -> Picture:
    """An empty street, uint8 (height, width, 3) BGR."""
    picture = np.zeros((height, width, 3), np.uint8)
    kerb, road = round(height * 0.4), round(height * 0.46)
    wall: Colour = tuple(int(v) for v in rng.integers(110, 170, 3))  # type: ignore[assignment]
    picture[:kerb] = wall
    picture[kerb:road] = (150, 152, 150)
    picture[road:] = (86, 86, 88)
    picture[round(height * 0.8) :] = (132, 136, 138)
    _bricks(picture[:kerb], wall)
    _windows(picture[:kerb], rng)
    grain = rng.normal(0, 5, (height, width, 1))
    grain = cv2.GaussianBlur(grain, (0, 0), 0.8)[:, :, None] * 1.6
    picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
    for x in range(-40, width, 190):
        cv2.line(
            picture, (x, round(height * 0.63)), (x + 90, round(height * 0.63)), (205, 210, 210), 4
        )
    cv2.line(picture, (0, road), (width, road), (110, 112, 112), 4)
    for x in range(0, width, 120):
        cv2.line(picture, (x, round(height * 0.8)), (x - 60, height), (112, 116, 118), 1)
    return np.asarray(picture, np.uint8)


def lamp_post(canvas: Canvas, x: float, foot: float) -> None:
    """A post that walkers and cars pass behind or in front of."""
    canvas.rectangle((x - 6, 0, x + 6, foot), (60, 66, 64))
    canvas.rectangle((x - 14, foot - 26, x + 14, foot), (52, 58, 56))


def stamp_clock(picture: Picture, camera: str, seconds: float) -> None:
    """Burn the camera's name and running clock into the top left corner."""
    minutes, rest = divmod(seconds, 60)
    text = (
        f"{camera}  2026-03-14 09:{12 + int(minutes):02d}:{int(rest):02d}.{int(rest % 1 * 100):02d}"
    )
    cv2.rectangle(picture, (8, 8), (400, 36), (16, 16, 16), -1)
    cv2.putText(
        picture, text, (16, 28), cv2.FONT_HERSHEY_SIMPLEX, 0.58, (235, 235, 235), 1, cv2.LINE_AA
    )


def _bricks(wall: Picture, colour: Colour) -> None:
    mortar = tuple(min(255, v + 18) for v in colour)
    for row, y in enumerate(range(0, wall.shape[0], 14)):
        cv2.line(wall, (0, y), (wall.shape[1], y), mortar, 1)
        for x in range(-(row % 2) * 18, wall.shape[1], 36):
            cv2.line(wall, (x, y), (x, y + 14), mortar, 1)


def _windows(wall: Picture, rng: np.random.Generator) -> None:
    for x in range(40, wall.shape[1] - 80, 150):
        glass = tuple(int(v) for v in rng.integers(60, 110, 3))
        cv2.rectangle(wall, (x, 50), (x + 84, 170), (210, 214, 214), -1)
        cv2.rectangle(wall, (x + 6, 56), (x + 78, 164), glass, -1)
        cv2.line(wall, (x + 42, 56), (x + 42, 164), (210, 214, 214), 4)
