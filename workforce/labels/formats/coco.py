"""COCO detection JSON, one image for each frame of the clip, with track ids as CVAT writes them."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import count, islice
from typing import Any, BinaryIO
from uuid import UUID

import numpy as np

from workforce.labels.formats.clip import ClipLabels, bounding_box, outline
from workforce.labels.formats.rows import DECIMALS, is_upright, sized, texts, upright_blocks
from workforce.labels.interpolation import Shape, shapes
from workforce.labels.tracks import Picture, Track

PIECES = 512


def write_coco(out: BinaryIO, clip: ClipLabels) -> int:
    """Write images, categories and annotations as a stream; gives the number of annotations.

    Image ids are the clip's frame + 1 and `frame` is the clip's frame, 0-based. Shapes are written
    as drawn: one that reaches beyond the picture is not cut. Where the clip's times are known, each
    image has its `pts` in the client's own file, in ticks of `info.time_base`. A linked track has
    `identity_uuid`: the object that it is in all clips.
    """
    out.write(b'{"info":{"description":')
    out.write(_json(clip.name))
    if clip.times is not None:
        out.write(b',"time_base":' + _json(list(clip.times.time_base)))
    out.write(b'},"licenses":[],"categories":')
    categories = [
        {"id": position, "name": label.key, "supercategory": ""}
        for position, label in enumerate(clip.ontology.labels.values(), start=1)
    ]
    out.write(_json(categories))
    out.write(b',"images":[')
    _write_list(out, map(_json, _images(clip)))
    out.write(b'],"annotations":[')
    written = _write_list(out, _annotations(clip))
    out.write(b"]}\n")
    return written


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _write_list(out: BinaryIO, items: Iterable[bytes]) -> int:
    written = 0
    for block in _batched(items):
        out.write(b",\n" if written else b"\n")
        out.write(b",\n".join(block))
        written += len(block)
    return written


def _batched(items: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Lists of at most a few hundred items, so that the stream gets few large pieces."""
    source = iter(items)
    while block := list(islice(source, PIECES)):
        yield block


def _images(clip: ClipLabels) -> Iterator[dict[str, Any]]:
    for frame in range(clip.picture.start, clip.picture.end + 1):
        yield {
            "id": frame + 1,
            "file_name": f"frame_{frame:06d}.png",
            "frame": frame,
            "width": clip.picture.width,
            "height": clip.picture.height,
            **({} if clip.times is None else {"pts": clip.times.pts[frame]}),
        }


def _annotations(clip: ClipLabels) -> Iterator[bytes]:
    categories = {key: position for position, key in enumerate(clip.ontology.labels, start=1)}
    ids = count(1)
    for number, track in enumerate(clip.tracks, start=1):
        rows = _upright_rows if is_upright(track) else _rows_around
        names = _names(track, number, clip.identities.get(track.id))
        yield from rows(track, clip.picture, ids, category=categories[track.label], names=names)


def _names(track: Track, number: int, identity: UUID | None) -> dict[str, Any]:
    """Under which names the track goes: its number in the file, its id, and its identity's."""
    known = {} if identity is None else {"identity_uuid": str(identity)}
    return {"track_id": number, "track_uuid": str(track.id), **known}


def _upright_rows(
    track: Track, picture: Picture, ids: Iterator[int], *, category: int, names: dict[str, Any]
) -> Iterator[bytes]:
    """Annotations put together as text: what is the same along the track is written once."""
    head = f'"category_id":{category},"bbox":['
    tails = _Tails(track, names)
    for block in upright_blocks(track, picture.start, picture.end):
        boxes = sized(block)
        values = iter(texts(boxes))
        areas = texts(np.round(boxes[:, 2] * boxes[:, 3], DECIMALS))
        rows = zip(
            block.frames.tolist(),
            areas,
            block.occluded.tolist(),
            block.keyframe.tolist(),
            *[values] * 4,
            strict=True,
        )
        for frame, area, occluded, keyframe, x, y, width, height in rows:
            yield (
                f'{{"id":{next(ids)},"image_id":{frame + 1},{head}{x},{y},{width},{height}],'
                f'"area":{area},{tails.at(frame, occluded=occluded, keyframe=keyframe)}'
            ).encode()


class _Tails:
    """The end of a box's annotation, which changes with flags and attributes only."""

    def __init__(self, track: Track, names: dict[str, Any]) -> None:
        self._track = track
        self._names = names
        self._held: dict[tuple[int, bool, bool], str] = {}
        self._changes = track.changes()

    def at(self, frame: int, *, occluded: bool, keyframe: bool) -> str:
        stretch = bisect_right(self._changes, frame) if self._changes else 0
        key = (stretch, occluded, keyframe)
        if key not in self._held:
            self._held[key] = self._text(frame, occluded=occluded, keyframe=keyframe)
        return self._held[key]

    def _text(self, frame: int, *, occluded: bool, keyframe: bool) -> str:
        attributes = _attributes(
            self._track, frame, self._names, occluded=occluded, keyframe=keyframe
        )
        ending = {"segmentation": [], "iscrowd": 0, "attributes": attributes}
        return _json(ending).decode()[1:]


def _rows_around(
    track: Track, picture: Picture, ids: Iterator[int], *, category: int, names: dict[str, Any]
) -> Iterator[bytes]:
    for shape in shapes(track, picture.start, picture.end):
        yield _json(
            {
                "id": next(ids),
                "image_id": shape.frame + 1,
                "category_id": category,
                **_geometry(track, shape),
                "iscrowd": 0,
                "attributes": _attributes(
                    track, shape.frame, names, occluded=shape.occluded, keyframe=shape.keyframe
                ),
            }
        )


def _attributes(
    track: Track, frame: int, names: dict[str, Any], *, occluded: bool, keyframe: bool
) -> dict[str, Any]:
    return {
        **track.attributes_at(frame),
        "occluded": occluded,
        "keyframe": keyframe,
        **names,
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
