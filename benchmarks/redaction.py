"""What redaction leaves and what it costs, on a drawn street whose truth it never reads.

The ratio is the share of faces and plates (all frames, at least half visible) of which less than a
quarter of the fine detail is left in the redacted clip; `to` is every one of them. With the shared
footage beside the project, hand-checked faces of a street crowd are counted too (boxes covered by
80 %). `seconds_per_clip_second` is looking and rendering, on whatever this machine has.

Usage: benchmarks/redaction.py [quality|fast]
"""

import io
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from core.demo.coverage import tally
from core.demo.scene import FPS, HEIGHT, WIDTH, Scene
from core.media.encode import encode_clip
from core.media.frames import read_frames
from core.media.probe import probe
from core.media.render import render_masked
from workforce.redaction.boxes import areas, intersections
from workforce.redaction.detectors.recipe import Mode, Subject
from workforce.redaction.finding import ClipFacts, find
from workforce.redaction.masks import masked_share, masks_of

SEED, FRAMES = 7, 275
GOAL = 0.99
FOOTAGE = Path(__file__).resolve().parents[2] / "shared" / "data" / "footage"


def facts_of(source):
    report = probe(source)
    return ClipFacts.of(
        frame_count=report.frame_count,
        width=report.width,
        height=report.height,
        seconds=report.duration_seconds,
    )


def street(folder: Path, mode: Mode):
    scene = Scene(seed=SEED, frame_count=FRAMES)
    path = folder / "street.mp4"
    encode_clip(scene.frames(), fps=FPS, width=WIDTH, height=HEIGHT, path=path)
    with path.open("rb") as source:
        facts = facts_of(source)
        start = time.perf_counter()
        finding = find(source, facts, subjects=(Subject.FACES, Subject.PLATES), mode=mode)
        masks = masks_of(finding.places, facts=facts)
        looked = time.perf_counter()
        copy = io.BytesIO()
        render_masked(source, copy, masks)
        rendered = time.perf_counter()
        totals = {}
        for before, after in zip(read_frames(source), read_frames(copy), strict=True):
            tally(before.pixels, after.pixels, scene.truth.marks[before.frame], totals)
    area = sum(masked_share(here, facts=facts) for here in masks.values()) / FRAMES
    length = FRAMES / FPS
    return totals, {
        "masked_area": round(area, 4),
        "seconds_per_clip_second": {
            "looking": round((looked - start) / length, 2),
            "rendering": round((rendered - looked) / length, 2),
        },
    }


def crowd(mode: Mode):
    checked = json.loads((FOOTAGE / "facenet_video.faces.handchecked.json").read_text())["frames"]
    with (FOOTAGE / "facenet_video.mp4").open("rb") as source:
        finding = find(source, facts_of(source), subjects=(Subject.FACES,), mode=mode)
    seen = covered = 0
    for frame, marks in checked.items():
        faces = np.array(marks["faces"], dtype=np.float64).reshape(-1, 4)
        places = [place.box for place in finding.places.get(int(frame), [])]
        boxes = np.array(places, dtype=np.float64).reshape(-1, 4)
        shares = (intersections(faces, boxes) / areas(faces)[:, None]).max(axis=1, initial=0.0)
        seen += len(faces)
        covered += int((shares >= 0.8).sum())
    return {"faces": seen, "covered": covered}


def main() -> None:
    mode = Mode(sys.argv[1]) if len(sys.argv) > 1 else Mode.QUALITY
    with tempfile.TemporaryDirectory() as folder:
        totals, cost = street(Path(folder), mode)
    seen = sum(total.seen for total in totals.values())
    covered = sum(total.covered for total in totals.values())
    ratio = covered / seen
    inputs = {
        "mode": str(mode),
        "street": {kind: [total.covered, total.seen] for kind, total in sorted(totals.items())},
        **cost,
    }
    if FOOTAGE.is_dir():
        inputs["crowd"] = crowd(mode)
    line = {
        "name": "redaction",
        "ratio": round(ratio, 4),
        "to": "every face and plate of the drawn street",
        "goal": GOAL,
        "met": ratio >= GOAL,
        "inputs": inputs,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
