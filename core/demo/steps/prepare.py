"""Step 4: clips are probed and transcoded in the sandbox; what is no footage is refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.demo.detected import person_tracks
from core.demo.doors import wait_for
from core.demo.footage import Clip
from core.demo.journey import ClientSide, Journey
from core.demo.tools import custos, custos_json
from core.demo.truth import Truth
from core.demo.tus import TusUpload
from core.media.frames import read_frames

# What reads other files of the machine when ffmpeg is asked to open it by name.
_PLAYLIST = b"ffconcat version 1.0\nfile /etc/passwd\n" + b"#" * 4000


def run(journey: Journey) -> None:
    """Wait for every clip; compare with what the console tool says on the client's machine."""
    every = [
        (client, clip, footage) for client in journey.clients for clip, footage in client.clips()
    ]
    playlist = _upload_playlist(journey, journey.clients[0])
    with journey.progress("Preparing the clips", len(every)) as bar:
        for client, clip, footage in every:
            known = settled(journey, client, clip)
            probed = custos_json("probe", str(footage.path))
            _check_prepared(journey, client, footage, known, probed)
            journey.truths[clip] = footage.truth or _detected(footage, probed)
            bar.forward()
    refused = settled(journey, journey.clients[0], playlist)
    journey.check(
        "a playlist that calls itself .mp4 is refused, with a reason",
        held=refused["state"] == "refused" and bool(refused["refusal_reason"]),
        found=str(refused["refusal_reason"]),
    )


def settled(journey: Journey, client: ClientSide, clip: str) -> dict[str, Any]:
    """The clip when it is ready or refused."""
    admin = journey.admin(client)

    def look() -> dict[str, Any] | None:
        known: dict[str, Any] = admin.get(f"t/{client.slug}/clips/{clip}")
        return known if known["state"] in {"ready", "refused"} else None

    found: dict[str, Any] = wait_for("a clip to be prepared", look, seconds=1800)
    return found


def _check_prepared(
    journey: Journey,
    client: ClientSide,
    footage: Clip,
    known: dict[str, Any],
    probed: dict[str, Any],
) -> None:
    held = known["state"] == "ready" and all(
        known[ours] == probed[theirs]
        for ours, theirs in (
            ("frame_count", "frames"),
            ("width", "width"),
            ("height", "height"),
            ("has_audio", "has_audio"),
            ("variable_rate", "variable_rate"),
        )
    )
    if footage.truth is not None:
        held = held and known["frame_count"] == footage.truth.frame_count
    rate = "variable" if known["variable_rate"] else "constant"
    journey.check(
        f"{client.slug}: {footage.path.name} is ready, as custos probe says",
        held=held,
        found=f"{known['frame_count']} frames, {known['width']}x{known['height']}, {rate} rate"
        if known["state"] == "ready"
        else str(known["refusal_message"]),
    )


def _detected(footage: Clip, probed: dict[str, Any]) -> Truth:
    """What a person detector finds, in place of a truth that nobody has."""
    with footage.path.open("rb") as source:
        frames = ((f.frame, f.pixels) for f in read_frames(source))
        tracks = person_tracks(frames, np.random.default_rng(1))
    return Truth(
        width=probed["width"],
        height=probed["height"],
        fps=0,
        frame_count=probed["frames"],
        tracks=tracks,
        marks={},
        exact=False,
    )


def _upload_playlist(journey: Journey, client: ClientSide) -> str:
    path = journey.data / "footage" / "playlist.mp4"
    path.write_bytes(_PLAYLIST)
    said = custos("probe", str(path), "--json")
    journey.check(
        "custos probe refuses it on the client's machine too",
        held=said.code == 1,
        found=str(said.json()["reason"]) if said.code == 1 else said.err[-200:],
    )
    upload = TusUpload(journey.admin(client), path)
    upload.create(client.slug, {"filename": path.name, "project": client.project})
    answer = upload.send()
    return answer.headers["Custos-Clip"] if answer is not None else ""
