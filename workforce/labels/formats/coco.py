"""COCO detection JSON, one image for each frame of the clip, with track ids as CVAT writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from workforce.labels.formats.clip import ClipLabels, bounding_box, outline
from workforce.labels.interpolation import Shape, shapes
from workforce.labels.tracks import Track


def write_coco(out: BinaryIO, clip: ClipLabels) -> int:
    """Write images, categories and annotations as a stream; gives the number of annotations.

    Image ids are the clip's frame + 1 and `frame` is the clip's frame, 0-based. Shapes are written
    as drawn: one that reaches beyond the picture is not cut.
    """
    out.write(b'{"info":{"description":')
    out.write(_json(clip.name))
    out.write(b'},"licenses":[],"categories":')
    categories = [
        {"id": position, "name": label.key, "supercategory": ""}
        for position, label in enumerate(clip.ontology.labels.values(), start=1)
    ]
    out.write(_json(categories))
    out.write(b',"images":[')
    _write_list(out, _images(clip))
    out.write(b'],"annotations":[')
    written = _write_list(out, _annotations(clip))
    out.write(b"]}\n")
    return written


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _write_list(out: BinaryIO, items: Iterable[dict[str, Any]]) -> int:
    written = 0
    for item in items:
        out.write(b",\n" if written else b"\n")
        out.write(_json(item))
        written += 1
    return written


def _images(clip: ClipLabels) -> Iterator[dict[str, Any]]:
    for frame in range(clip.picture.start, clip.picture.end + 1):
        yield {
            "id": frame + 1,
            "file_name": f"frame_{frame:06d}.png",
            "frame": frame,
            "width": clip.picture.width,
            "height": clip.picture.height,
        }


def _annotations(clip: ClipLabels) -> Iterator[dict[str, Any]]:
    categories = {key: position for position, key in enumerate(clip.ontology.labels, start=1)}
    written = 0
    for number, track in enumerate(clip.tracks, start=1):
        for shape in shapes(track, clip.picture.start, clip.picture.end):
            written += 1
            yield {
                "id": written,
                "image_id": shape.frame + 1,
                "category_id": categories[track.label],
                **_geometry(track, shape),
                "iscrowd": 0,
                "attributes": {
                    **track.attributes_at(shape.frame),
                    "occluded": shape.occluded,
                    "keyframe": shape.keyframe,
                    "track_id": number,
                    "track_uuid": str(track.id),
                },
            }


def _geometry(track: Track, shape: Shape) -> dict[str, Any]:
    x1, y1, x2, y2 = bounding_box(track.kind, shape)
    upright = track.kind == "box" and len(shape.geometry) == 4
    points = outline(track.kind, shape)
    return {
        "bbox": [x1, y1, x2 - x1, y2 - y1],
        "area": _area(points),
        "segmentation": [] if upright else [[value for point in points for value in point]],
    }


def _area(points: list[tuple[float, float]]) -> float:
    """Shoelace formula, square pixels."""
    turned = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in turned)) / 2
