"""What redaction hides and what it costs, beside `deface`: each figure on a line.

Speed is frames a second of CPU time, from a file to a file: `custos redact` in a process of its own
against deface's command with its defaults, in turns; the least of the runs counts, and wall time is
told beside it. Recall is the share of true boxes of which 80 % of the pixels are masked, in
pictures of which not more than 5 % is masked outside the true boxes at twice their size. deface has
one mode; fast and quality are both set against it. Without the shared footage beside the project,
only the drawn street is measured.

Usage: benchmarks/redaction.py [RUNS]
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2

from benchmarks.support import covering, footage, peer
from benchmarks.support.covering import Covering
from benchmarks.support.report import report
from core.demo.coverage import tally
from core.demo.scene import FPS, HEIGHT, WIDTH, Scene
from core.media.encode import encode_clip
from core.media.frames import read_frames
from core.media.probe import probe
from core.media.render import Mask, render_masked
from workforce.redaction.boxes import no_boxes
from workforce.redaction.detectors.kit import detectors
from workforce.redaction.detectors.recipe import Mode, Recipe, Role, Subject
from workforce.redaction.finding import ClipFacts, find
from workforce.redaction.masks import masks_from_json, masks_of, stills

SEED, FRAMES = 7, 275
RUNS = 1
FASTER = 2.5
PACKAGES = ("numpy", "onnxruntime", "opencv-python-headless")
CROWD, WALK = footage.FOLDER / "facenet_video.mp4", footage.FOLDER / "vtest.avi"


def facts_of(path: Path) -> ClipFacts:
    with path.open("rb") as source:
        found = probe(source)
    return ClipFacts.of(
        frame_count=found.frame_count,
        width=found.width,
        height=found.height,
        seconds=found.duration_seconds,
    )


def size(path: Path) -> tuple[int, int]:
    facts = facts_of(path)
    return facts.height, facts.width


def redacted(clip: Path, mode: Mode, what: str) -> dict[str, Any]:
    """Run `custos redact`: seconds (wall, cpu), frames, masks."""
    with tempfile.TemporaryDirectory() as folder:
        masks, told = Path(folder) / "masks.json", Path(folder) / "told.json"
        command = [sys.executable, "-P", "-m", "core.cli", "redact", clip, Path(folder) / "out.mp4"]
        command += ["--mode", mode, "--what", what, "--write-masks", masks, "--json"]
        start = time.perf_counter()
        with told.open("wb") as output:
            child = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
            # Of the child and all that it waited for: decoder, detector, encoder.
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        if child.returncode:
            sys.exit(f"custos redact ended with {child.returncode} on {clip.name}.")
        return {
            "wall": round(wall, 2),
            "cpu": round(used.ru_utime + used.ru_stime, 2),
            "frames": json.loads(told.read_text())["frames"],
            "masks": masks_from_json(masks.read_text(), facts=facts_of(clip)),
        }


def defaced(clip: Path, frames) -> dict[str, Any]:
    """Run deface's command: seconds (wall, cpu), frames, masks of `frames`."""
    with tempfile.TemporaryDirectory() as folder:
        told = peer.run("deface", str(clip), f"{folder}/out.mp4", *map(str, frames))
    told["masks"] = {
        int(frame): [Mask(tuple(box), "ellipse") for box in boxes]
        for frame, boxes in told.pop("drawn").items()
    }
    return told


def beside_deface(clip: Path, runs: int, frames=()) -> dict[str, dict[str, Any]]:
    """The quickest run of each, in turns: theirs first, then each of our modes."""
    best: dict[str, dict[str, Any]] = {}
    for _ in range(runs):
        turn = {"deface": defaced(clip, frames)}
        turn |= {str(mode): redacted(clip, mode, "faces") for mode in Mode}
        for name, told in turn.items():
            if name not in best or told["cpu"] < best[name]["cpu"]:
                best[name] = told
    theirs = best["deface"]
    for mode in Mode:
        ours = best[str(mode)]
        assert ours["frames"] == theirs["frames"]
        report(
            f"redaction speed, {mode}, {clip.name}",
            ratio=theirs["cpu"] / ours["cpu"],
            to="frames a second of CPU time of deface, from file to file",
            goal=FASTER,
            inputs={
                "frames": ours["frames"],
                "seconds": {"cpu": ours["cpu"], "wall": ours["wall"]},
                "deface_seconds": {"cpu": theirs["cpu"], "wall": theirs["wall"]},
                "wall_ratio": round(theirs["wall"] / ours["wall"], 2),
                "runs": runs,
            },
            packages=versions() | theirs["versions"],
        )
    return best


def versions() -> dict[str, str]:
    return {package: version(package) for package in PACKAGES}


def crowd(runs: int) -> None:
    """Faces of a street crowd, and what both cost there."""
    faces, ignored = footage.checked_faces()
    best = beside_deface(CROWD, runs, faces)
    totals = {
        name: covering.count(told["masks"], faces, size=size(CROWD), ignored=ignored)
        for name, told in best.items()
    }
    theirs = totals["deface"]
    for mode in Mode:
        ours = totals[str(mode)]
        report(
            f"redaction recall of faces, {mode}, {CROWD.name}",
            ratio=ours.recall / max(theirs.recall, 1e-9),
            to="recall of deface on the hand-checked faces",
            goal=1.0,
            inputs=ours.told() | {"recall": round(ours.recall, 3), "deface": theirs.told()},
            packages=versions() | best["deface"]["versions"],
        )


def heads() -> None:
    """Heads of people too small for a face, from the persons that are detected."""
    truth = {frame: footage.heads(persons) for frame, persons in footage.walkers().items()}
    for mode in Mode:
        told = redacted(WALK, mode, "heads")
        total = covering.count(told["masks"], truth, size=size(WALK))
        shown(f"redaction recall of heads, {mode}, {WALK.name}", total, 0.9, told)


def plates() -> None:
    """Plates in photographs, each a clip of one picture."""
    for mode in Mode:
        recipe = Recipe(mode, (Subject.PLATES,), Role.FIND, no_boxes(), 2)
        detector = detectors(recipe)[Subject.PLATES]
        for name in ("openalpr-eu", "plates-ro"):
            total, start = Covering(), time.process_time()
            for path, truth in footage.photographs(name):
                picture = cv2.imread(str(path))
                high, wide = picture.shape[:2]
                facts = ClipFacts(frame_count=1, width=wide, height=high, rate=25.0)
                masks = stills(Subject.PLATES, detector.detect(picture), facts=facts)
                total.add(masks, truth, size=(high, wide))
            cost = {"cpu": round(time.process_time() - start, 2)}
            shown(f"redaction recall of plates, {mode}, {name}", total, 0.95, cost)


def shown(name: str, total: Covering, goal: float, cost: dict[str, Any]) -> None:
    seconds = {key: cost[key] for key in ("cpu", "wall") if key in cost}
    report(
        name,
        ratio=total.recall,
        to="every true box covered, in pictures with little else masked",
        goal=goal,
        inputs=total.told() | {"seconds": seconds},
        packages=PACKAGES,
    )


def street() -> None:
    """Fine detail left in the faces and plates of a drawn street, whose truth we never read."""
    scene = Scene(seed=SEED, frame_count=FRAMES)
    totals: dict[Any, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "street.mp4"
        encode_clip(scene.frames(), fps=FPS, width=WIDTH, height=HEIGHT, path=path)
        facts, copy = facts_of(path), io.BytesIO()
        with path.open("rb") as source:
            finding = find(
                source, facts, subjects=(Subject.FACES, Subject.PLATES), mode=Mode.QUALITY
            )
            render_masked(source, copy, masks_of(finding.places, facts=facts))
            for before, after in zip(read_frames(source), read_frames(copy), strict=True):
                tally(before.pixels, after.pixels, scene.truth.marks[before.frame], totals)
    report(
        "redaction of a drawn street",
        ratio=sum(each.covered for each in totals.values())
        / sum(each.seen for each in totals.values()),
        to="faces and plates, half visible and more, with a quarter of their detail left at most",
        goal=0.99,
        inputs={str(kind): [each.covered, each.seen] for kind, each in sorted(totals.items())},
        packages=PACKAGES,
    )


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    street()
    if not footage.FOLDER.is_dir():
        return
    crowd(runs)
    beside_deface(WALK, runs)
    heads()
    plates()


if __name__ == "__main__":
    main()
