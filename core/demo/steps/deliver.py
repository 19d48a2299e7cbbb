"""Step 10: a signed release, checked offline; accepted by one client, disputed by the other."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from fractions import Fraction
from typing import Any

from core.demo.coverage import Coverage
from core.demo.delivered import Delivered, measure_coverage
from core.demo.doors import wait_for
from core.demo.footage import Clip
from core.demo.journey import ClientSide, Journey
from core.demo.labels import measure, read_mot
from core.demo.steps.onboard import TERMS
from core.demo.steps.review import FROM_DETECTOR, LEAST_HOTA, rework
from core.demo.steps.slicing import tasks_of
from core.demo.tools import custos_json

#: Share of visible faces and plates whose detail must be gone from the delivered pixels.
LEAST_COVERAGE = {"face": 0.95, "plate": 0.9}
# Seconds by which a frame's time may differ: less than any tick that a container rounds to.
_SAME_TIME = Fraction(1, 500)


def run(journey: Journey) -> None:
    """Order, download, verify; then accept, or dispute and accept the next version."""
    for client in journey.clients:
        client.release, package = _order(journey, client, 1)
        _check_package(journey, client, package)
        for clip, footage in client.clips():
            _check_labels(journey, client, package, clip)
            _check_footage(journey, client, package, clip, footage)
        _check_coverage(journey, client, package)
    _check_borders(journey)
    first, second = journey.clients
    _accept(journey, first)
    _dispute(journey, second)


def _order(journey: Journey, client: ClientSide, number: int) -> tuple[str, Delivered]:
    """Have a release built and download it; gives its id and the package."""
    admin = journey.admin(client)
    ordered = admin.post(f"t/{client.slug}/releases", {"project": client.project})
    return ordered["id"], _fetch(journey, client, ordered["id"], number)


def _fetch(journey: Journey, client: ClientSide, release_id: str, number: int) -> Delivered:
    """Wait for a release to be built and download it, in two ranges."""
    admin = journey.admin(client)
    path = f"t/{client.slug}/releases/{release_id}"

    def built() -> dict[str, Any] | None:
        known: dict[str, Any] = admin.get(path)
        return known if known["state"] in {"ready", "failed"} else None

    release = wait_for("the release to be built", built, seconds=1800)
    key = admin.get(f"t/{client.slug}/releases/key")["ed25519"]
    (journey.data / "kept" / f"{client.slug}.release-key").write_text(f"{key}\n")
    size = release["size"] or 0
    halves = [
        admin.raw("GET", f"{path}/package", headers={"Range": f"bytes={span}"})
        for span in (f"0-{size // 2 - 1}", f"{size // 2}-")
    ]
    folder = journey.data / "delivered"
    folder.mkdir(exist_ok=True)
    target = folder / f"{client.slug}-{number}.zip"
    target.write_bytes(b"".join(half.content for half in halves))
    journey.check(
        f"{client.slug}: release {number} was built and downloaded, in two ranges",
        held=release["number"] == number
        and [h.status_code for h in halves] == [206, 206]
        and target.stat().st_size == size,
        found=f"{size:,} bytes" if size else release["failure"],
    )
    return Delivered(target)


def _check_package(journey: Journey, client: ClientSide, package: Delivered) -> None:
    key = journey.admin(client).get(f"t/{client.slug}/releases/key")["ed25519"]
    content = package.read("manifest.json")
    changed = bytes((content[0] ^ 1,)) + content[1:]
    wrong = package.wrong_files()
    journey.check(
        f"{client.slug}: the manifest verifies offline; with one bit changed it does not",
        held=package.signature_holds(key) and not package.signature_holds(key, changed),
        found=f"Ed25519 {key[:12]}…",
    )
    journey.check(
        f"{client.slug}: every file of the package is as the manifest says",
        held=not wrong,
        found=", ".join(wrong) or f"{len(package.manifest['files'])} files",
    )
    told = {entry["clip"]: entry for entry in package.manifest["clips"]}
    sets = {s["sha256"] for entry in told.values() for s in entry["label_sets"]}
    journey.check(
        f"{client.slug}: the manifest leads from the footage's hash to the labels handed in",
        held=all(told[clip]["source_sha256"] == footage.sha256 for clip, footage in client.clips())
        and bool(sets)
        and sets <= journey.handed_in,
        found=f"{len(told)} clips, {len(sets)} label sets",
    )
    journey.check(
        f"{client.slug}: delivered within the contract's time",
        held=all(entry["sla"]["met"] for entry in told.values()),
        found=f"{max(e['sla']['elapsed_seconds'] for e in told.values()):.0f} s of "
        f"{TERMS[client.slug]['sla']['turnaround_hours']} h",
    )


def _check_labels(journey: Journey, client: ClientSide, package: Delivered, clip: str) -> None:
    """The delivered labels: the same in three formats, and right."""
    truth = journey.truth(clip)
    tracks = read_mot(package.read(f"{clip}/mot/gt.txt").decode())
    coco = json.loads(package.read(f"{clip}/coco.json"))
    cvat = ET.fromstring(package.read(f"{clip}/cvat.xml"))  # noqa: S314 (made by our own portal)
    boxes = sum(len(track.sightings) for track in tracks)
    name = client.name_of(clip)
    journey.check(
        f"{client.slug}: {name} has the same labels as COCO, MOTChallenge and CVAT XML",
        held=len(coco["annotations"]) == boxes and len(cvat.findall("track")) == len(tracks),
        found=f"{len(tracks)} tracks, {boxes} boxes",
    )
    weakened = "" if truth.exact else FROM_DETECTOR
    if not truth.tracks:
        journey.check(
            f"{client.slug}: {name} is delivered without labels, as nothing was found",
            held=not tracks,
            weakened=weakened,
        )
        return
    summary = measure([(truth.tracks, tracks)], journey.data / "scores")
    journey.check(
        f"{client.slug}: delivered labels of {name} reach HOTA {LEAST_HOTA}, stitched",
        held=summary["HOTA"] >= LEAST_HOTA,
        found=f"HOTA {summary['HOTA']:.3f}, {summary['IDSW']:.0f} identity switches",
        weakened=weakened,
    )


def _check_footage(
    journey: Journey, client: ClientSide, package: Delivered, clip: str, footage: Clip
) -> None:
    """Timing and size are kept, and the sound where the contract says so."""
    name = client.name_of(clip)
    redacted = journey.data / "delivered" / f"{client.slug}-{clip}.mp4"
    redacted.write_bytes(package.footage(clip).getvalue())
    before, after = (custos_json("probe", str(path)) for path in (footage.path, redacted))
    sound = before["has_audio"] and TERMS[client.slug]["privacy"]["audio"] == "keep"
    drift = _drift(before, after)
    journey.check(
        f"{client.slug}: delivered {name} keeps frames, size and timing; sound as in the contract",
        held=all(before[k] == after[k] for k in ("frames", "width", "height"))
        and drift <= _SAME_TIME
        and after["has_audio"] == sound,
        found=f"{after['frames']} frames, drift {float(drift) * 1000:.2f} ms, "
        f"sound {'kept' if after['has_audio'] else 'none'}",
    )


def _check_coverage(journey: Journey, client: ClientSide, package: Delivered) -> None:
    """What is left of the faces and plates in all that the client got, on the pixels."""
    totals: dict[str, Coverage] = {}
    unpaired = 0
    known = [pair for pair in client.clips() if journey.truth(pair[0]).exact]
    with journey.progress("Measuring what is left of faces and plates", len(known)) as bar:
        for clip, footage in known:
            truth = journey.truth(clip)
            unpaired += measure_coverage(footage.path, package.footage(clip), truth, totals)
            bar.forward()
    names = " and ".join(footage.path.name for _, footage in known)
    for kind, least in LEAST_COVERAGE.items():
        total = totals[kind]
        journey.check(
            f"{client.slug}: {kind}s in delivered {names} are unrecognizable",
            held=total.share >= least and not unpaired,
            found=f"{total.covered} of {total.seen} ({total.share:.1%}), detail left "
            f"{total.mean_left:.1%}",
            weakened=""
            if len(known) == len(client.clips())
            else f"nobody knows the faces and plates of {client.footage.path.name}",
        )


def _drift(before: dict[str, Any], after: dict[str, Any]) -> Fraction:
    """The largest difference between the times of a frame in both clips, from their first."""
    if len(before["pts"]) != len(after["pts"]):
        return Fraction(10**6)
    times = []
    for probed in (before, after):
        base = Fraction(probed["time_base"])
        times.append([(pts - probed["pts"][0]) * base for pts in probed["pts"]])
    return max((abs(a - b) for a, b in zip(*times, strict=True)), default=Fraction(0))


def _check_borders(journey: Journey) -> None:
    first, second = journey.clients
    outsider = journey.admin(second)
    statuses = [
        outsider.raw("GET", f"t/{slug}/releases/{first.release}{rest}").status_code
        for slug in (first.slug, second.slug)
        for rest in ("", "/package")
    ]
    journey.check(
        "a release of one client does not exist for the other",
        held=set(statuses) == {404},
        found=f"{len(statuses)} probes, all 404",
    )


def _accept(journey: Journey, client: ClientSide) -> None:
    accepted = journey.admin(client).post(f"t/{client.slug}/releases/{client.release}/accept")
    journey.check(
        f"{client.slug} accepts",
        held=accepted["state"] == "accepted",
        found=f"release {accepted['number']}",
    )


def _dispute(journey: Journey, client: ClientSide) -> None:
    """Dispute a frame of the first version, see it reworked, and accept the second."""
    admin = journey.admin(client)
    frame = journey.truth(client.clip).frame_count // 3
    pin = {"clip": client.clip, "frame": frame, "text": "Please check the van at the lamp post."}
    disputed = admin.post(
        f"t/{client.slug}/releases/{client.release}/dispute",
        {"reason": "One frame is not right.", "pins": [pin]},
    )
    client.disputed = client.release
    late = admin.raw("POST", f"t/{client.slug}/releases/{client.release}/accept", json={})
    journey.check(
        f"{client.slug} disputes a pinned frame; what is disputed can't be accepted after",
        held=disputed["state"] == "disputed" and late.status_code == 409,
        found=f"frame {frame}: {pin['text']}",
    )
    reopened = [
        task
        for clip, _ in client.clips()
        for task in tasks_of(journey, client, clip)
        if task["state"] != "accepted"
    ]
    journey.check(
        f"{client.slug}: only the work behind that frame goes round again",
        held=bool(reopened)
        and all(
            task["clip"] == client.clip and task["start_frame"] <= frame <= task["end_frame"]
            for task in reopened
        ),
        found=", ".join(f"frames {t['start_frame']}-{t['end_frame']}" for t in reopened),
    )
    rework(journey, len(reopened))
    _second(journey, client, len(reopened))
    _accept(journey, client)


def _second(journey: Journey, client: ClientSide, reopened: int) -> None:
    """The next version, which comes by itself, and what changed in it."""
    admin = journey.admin(client)

    def next_version() -> str | None:
        rows = admin.get(f"t/{client.slug}/releases")["results"]
        return next((row["id"] for row in rows if row["number"] == 2), None)

    client.release = wait_for("the next version to be ordered after the rework", next_version)
    package = _fetch(journey, client, client.release, 2)
    diff = admin.get(f"t/{client.slug}/releases/{client.release}/diff")
    kinds = ("added", "removed", "changed")
    changed = [clip for clip in diff["clips"] if any(clip[f"tracks_{kind}"] for kind in kinds)]
    journey.check(
        f"{client.slug}: the diff names what was reworked and nothing else",
        held=bool(reopened) and [clip["clip"] for clip in changed] == [client.clip],
        found=", ".join(
            f"{len(clip[f'tracks_{kind}'])} tracks {kind}" for clip in changed for kind in kinds
        ),
    )
    _prove(journey, client, package)


def _prove(journey: Journey, client: ClientSide, package: Delivered) -> None:
    """`custos check-release`, offline: every file, every frame, and whose frames a film shows."""
    key = journey.admin(client).get(f"t/{client.slug}/releases/key")["ed25519"]
    footage = journey.data / "delivered" / f"{client.slug}-{client.clip}.mp4"
    footage.write_bytes(package.footage(client.clip).getvalue())
    told = custos_json("check-release", str(package.path), "--key", key, "--clip", str(footage))
    found = told["clip"]["found"]
    journey.check(
        f"{client.slug}: custos check-release proves each frame of version 2 offline",
        held=told["ok"]
        and [f[1:] for f in found] == [[client.clip, n] for n in range(len(found))]
        and len(found) == told["clip"]["frames"],
        found=f"{told['steps'][-1]['checked']:,} checks of pictures, {len(found)} frames found",
    )
