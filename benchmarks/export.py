"""Exports from the label store to the zip of a release, beside Datumaro, and their memory.

Tracks with a keyframe every 25 frames lie in PostgreSQL; each export reads them, interpolates,
writes and packs, in a process of its own. Datumaro gets the same boxes as arrays, makes its items,
exports and packs them with the same deflate level between two runs of ours, of which the slower
counts. CPU seconds of the process on both sides; what the database server takes shows in ours'
wall seconds only. No footage is packed and nothing is signed.

Usage: benchmarks/export.py [BOXES]
"""

# ruff: noqa: PLC0415 - the settings read an environment that is made here

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import numpy as np

from benchmarks.support import peer
from benchmarks.support.embedded import embedded
from benchmarks.support.report import report

BOXES, FRAMES, STEP, GROWTH, SEED = 300_000, 30_000, 25, 10, 3
WIDTH, HEIGHT = 1920, 1080
GOALS = {"coco": 4.0, "cvat": 4.0, "mot": 1.5}
FLAT = 1.25
ONTOLOGY = {"labels": [{"key": "person", "name": "Person", "kinds": ["box"]}]}


def walk(rng, frames):
    """Keyframes of somebody who walks: frames (n,) and boxes (n, 4), to half a pixel."""
    at = np.append(np.arange(0, frames - 1, STEP), frames - 1)
    steps = rng.normal(0, 9, (len(at), 2)).cumsum(axis=0) + rng.uniform(200, 800, 2)
    corner = np.round(2 * np.clip(steps, 0, (WIDTH - 90, HEIGHT - 170))) / 2
    return at, np.hstack([corner, corner + np.array([80, 160])])


def furnish(boxes):
    """A clip with one task whose tracks have so many boxes; gives tenant, task and the walks."""
    from core.ids import new_id
    from core.storage.models import StoredObject
    from core.tenancy.models import Organization
    from core.tenancy.scope import scope
    from tenants.intake.models import Clip
    from tenants.projects.models import OntologyVersion, Project
    from workforce.labels.models import TrackRow
    from workforce.tasks.models import Task

    tenant = Organization.objects.create(slug=f"client-{boxes}", kind="client").id
    frames = min(FRAMES, boxes // 10)
    rng = np.random.default_rng(SEED)
    walks = [walk(rng, frames) for _ in range(boxes // frames)]
    with scope(tenant):
        project = Project.objects.create(tenant_id=tenant, slug="yard", name="Yard")
        source = StoredObject.objects.create(
            tenant_id=tenant,
            kind="clip-source",
            size=1,
            sha256=bytes(32),
            ciphertext_sha256=bytes(32),
            store_key=f"bench/{boxes}",
            wrapped_dek=bytes(61),
            key_version=1,
            commitment=bytes(32),
        )
        clip = Clip.objects.create(
            tenant_id=tenant,
            project=project,
            source=source,
            filename="yard.mp4",
            state=Clip.State.READY,
            width=WIDTH,
            height=HEIGHT,
            frame_count=frames,
        )
        version = OntologyVersion.objects.create(
            tenant_id=tenant, project=project, number=1, document=ONTOLOGY
        )
        task = Task.objects.create(
            tenant_id=tenant,
            project=project,
            clip=clip,
            ontology=version,
            task_type="boxes",
            start_frame=0,
            end_frame=frames - 1,
        )
        for at, edges in walks:
            keyframes = [[f, 0, e] for f, e in zip(at.tolist(), edges.tolist(), strict=True)]
            TrackRow.objects.create(
                tenant_id=tenant,
                task=task,
                track_id=new_id(),
                label="person",
                kind="box",
                keyframes=keyframes,
            )
    return tenant, task.id, walks


def save_arrays(path, walks):
    """The same boxes for the peer, interpolated here, in the order of frames."""
    count = int(walks[0][0][-1]) + 1
    every = np.arange(count)
    boxes = [
        np.stack([np.interp(every, at, edges[:, side]) for side in range(4)], axis=1)
        for at, edges in walks
    ]
    np.savez(
        path,
        frames=np.repeat(every, len(walks)),
        tracks=np.tile(np.arange(len(walks)), count),
        boxes=np.stack(boxes, axis=1).reshape(-1, 4),
    )


def write(kind, tenant, task_id, target):
    """One export in this process; prints what it took."""
    set_up()
    from core.tenancy.scope import scope
    from workforce.delivery.package import open_package
    from workforce.labels.formats.clip import ClipLabels
    from workforce.labels.formats.coco import write_coco
    from workforce.labels.formats.cvat_xml import write_cvat
    from workforce.labels.formats.mot import write_mot
    from workforce.labels.store import get_task, ontology_of, picture_of, tracks_of

    writer = {"coco": write_coco, "cvat": write_cvat, "mot": write_mot}[kind]
    cpu, wall = time.process_time(), time.perf_counter()
    with Path(target).open("wb") as sink, scope(UUID(tenant)):
        task = get_task(UUID(task_id))
        labels = ClipLabels("yard", picture_of(task), ontology_of(task), tracks_of(task.id))
        with open_package(sink) as package:
            package.add(f"yard/{kind}", lambda out: writer(out, labels))
    print(
        json.dumps(
            {
                "cpu": time.process_time() - cpu,
                "wall": time.perf_counter() - wall,
                "peak_kib": peak_kib(),
                "bytes": Path(target).stat().st_size,
            }
        )
    )


def peak_kib():
    """Peak memory since this program began; getrusage would tell the parent's, from the fork."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])


def ours(kind, tenant, task, target):
    done = subprocess.run(
        [sys.executable, "-P", __file__, "write", kind, str(tenant), str(task), str(target)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def set_up():
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "core.web.settings"
    django.setup()


def measure(boxes, folder):
    from django.core.management import call_command

    set_up()
    call_command("migrate", database="owner", verbosity=0)
    small, large = furnish(boxes), furnish(boxes * GROWTH)
    arrays, target = folder / "boxes.npz", folder / "out.zip"
    save_arrays(arrays, small[2])
    for kind, goal in GOALS.items():
        before = ours(kind, *small[:2], target)
        theirs = peer.run("datumaro", kind, str(arrays), str(target))
        after = ours(kind, *small[:2], target)
        compare(kind, goal, boxes, max(before, after, key=lambda run: run["cpu"]), theirs)
        grown = ours(kind, *large[:2], target)
        report(
            f"export.{kind}.memory",
            ratio=grown["peak_kib"] / after["peak_kib"],
            to=f"peak memory of a {GROWTH}th of the boxes",
            goal=FLAT,
            at_most=True,
            inputs={
                "boxes": [boxes, boxes * GROWTH],
                "peak_mib": [run["peak_kib"] // 1024 for run in (after, grown)],
            },
            packages=("django", "numpy"),
        )


def compare(kind, goal, boxes, run, theirs):
    if min(run["bytes"], theirs["bytes"]) < boxes:
        sys.exit(f"{kind}: a zip has less than a byte a box: {run}, {theirs}")
    total = sum(theirs["seconds"].values())
    report(
        f"export.{kind}",
        ratio=total / run["cpu"],
        to="CPU seconds of Datumaro: items, export, zip",
        goal=goal,
        inputs={
            "boxes": boxes,
            "cpu_seconds": round(run["cpu"], 2),
            "wall_seconds": round(run["wall"], 2),
            "datumaro_seconds": {part: round(s, 2) for part, s in theirs["seconds"].items()},
            "zip_bytes": [run["bytes"], theirs["bytes"]],
            "peak_mib": [run["peak_kib"] // 1024, theirs["peak_kib"] // 1024],
        },
        packages=theirs["versions"],
    )


def main():
    if sys.argv[1:2] == ["write"]:
        write(*sys.argv[2:])
        return
    boxes = int(sys.argv[1]) if len(sys.argv) > 1 else BOXES
    with embedded() as (folder, _):
        measure(boxes, folder)


if __name__ == "__main__":
    main()
