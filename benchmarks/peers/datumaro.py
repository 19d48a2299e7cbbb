"""One export by Datumaro. usage: datumaro.py FORMAT FILE.npz OUT.zip

The file holds `frames` int64 (n,), `tracks` int64 (n,) and `boxes` float64 (n, 4), x1 y1 x2 y2, in
the order of frames. Reading it is not counted; making the items, exporting and packing are.
Prints seconds of each, the peak memory in KiB and the versions.
"""

import json
import os
import re
import sys
import tempfile
import time
import zipfile
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import datumaro
import numpy as np
from datumaro.components.annotation import Bbox
from datumaro.components.dataset_base import DatasetItem
from datumaro.components.media import Image

FORMATS = {"coco": "coco_instances", "mot": "mot_seq_gt", "cvat": "cvat"}
SIZE = (1080, 1920)


def items(held):
    cut = np.searchsorted(held["frames"], np.arange(int(held["frames"][-1]) + 2))
    tracks, boxes = held["tracks"].tolist(), held["boxes"].tolist()
    for frame, (first, last) in enumerate(pairwise(cut)):
        name = f"frame_{frame:06d}"
        yield DatasetItem(
            id=name,
            media=Image.from_file(path=f"{name}.png", size=SIZE),
            attributes={"frame": frame},
            annotations=[
                Bbox(
                    x1,
                    y1,
                    x2 - x1,
                    y2 - y1,
                    label=0,
                    attributes={"track_id": track, "occluded": False, "keyframe": True},
                )
                for track, (x1, y1, x2, y2) in zip(
                    tracks[first:last], boxes[first:last], strict=True
                )
            ],
        )


def peak_kib():
    """Peak memory since this program began; getrusage would tell the parent's, from the fork."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])


def main():
    kind, source, target = sys.argv[1:]
    with np.load(source) as file:
        held = {name: file[name] for name in file.files}
    start = time.process_time()
    dataset = datumaro.Dataset.from_iterable(list(items(held)), categories=["person"])
    made = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        dataset.export(folder, FORMATS[kind], save_media=False)
        written = time.process_time()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in Path(folder).rglob("*"):
                archive.write(path, path.relative_to(folder))
    seconds = {
        "make": made - start,
        "export": written - made,
        "pack": time.process_time() - written,
    }
    print(
        json.dumps(
            {
                "seconds": seconds,
                "peak_kib": peak_kib(),
                "bytes": os.path.getsize(target),  # noqa: PTH202
                "versions": {"datumaro": version("datumaro")},
            }
        )
    )


if __name__ == "__main__":
    main()
