"""Step 3: footage comes in by tus, encrypted as it arrives; one upload is cut and resumed."""

from __future__ import annotations

from pathlib import Path

from core.demo.doors import wait_for
from core.demo.footage import Clip
from core.demo.journey import ClientSide, Journey
from core.demo.tus import TusUpload

# Enough of a clip to recognize it by, and few enough that only a copy holds them.
_SAMPLE = 64
_SAMPLES = 6


def run(journey: Journey) -> None:
    """Upload every clip; check hashes, refusals, and that no plaintext lies on the disk."""
    for number, client in enumerate(journey.clients):
        client.clip = upload_clip(journey, client, client.footage, cut=number == 0)
        client.gold_clip = upload_clip(journey, client, client.gold)
    _check_wrong_hash(journey, journey.clients[0])
    _check_borders(journey)
    check_no_plaintext(journey)


def upload_clip(journey: Journey, client: ClientSide, footage: Clip, *, cut: bool = False) -> str:
    """Send one clip, cut off half way if asked; gives the clip's id."""
    upload = TusUpload(journey.admin(client), footage.path)
    upload.create(client.slug, _metadata(client, footage, footage.sha256))
    with journey.progress(f"Uploading {footage.path.name}", footage.size) as bar:
        if cut:
            upload.send(cut_after=footage.size // 2, shown=bar.to)
            # The server notices a dead line when it next reads from it.
            held = wait_for("the server to see the cut", upload.offset, seconds=90)
            journey.check(
                f"{client.slug}: the upload was cut and the server kept what had arrived",
                held=0 < held < footage.size,
                found=f"{held:,} of {footage.size:,} bytes",
            )
        answer = upload.send(shown=bar.to)
    clip = answer.headers.get("Custos-Clip", "") if answer is not None else ""
    known = journey.admin(client).get(f"t/{client.slug}/clips/{clip}") if clip else {}
    journey.check(
        f"{client.slug}: {footage.path.name} arrived whole, SHA-256 as computed before",
        held=known.get("sha256") == footage.sha256 and known.get("size") == footage.size,
        found=footage.sha256[:16] + ("…, resumed" if cut else "…"),
    )
    return clip


def _metadata(client: ClientSide, footage: Clip, sha256: str) -> dict[str, str]:
    return {
        "filename": footage.path.name,
        "project": client.project,
        "camera": client.camera,
        "sha256": sha256,
        "starts_at": "2026-03-14T09:12:00",
    }


def _check_wrong_hash(journey: Journey, client: ClientSide) -> None:
    upload = TusUpload(journey.admin(client), client.gold.path)
    upload.create(client.slug, _metadata(client, client.gold, "00" * 32))
    answer = upload.send()
    journey.check(
        "a clip whose SHA-256 is not the agreed one is refused",
        held=answer is not None and answer.status_code == 460,
        found=str(answer.status_code if answer is not None else "cut"),
    )


def _check_borders(journey: Journey) -> None:
    first, second = journey.clients
    outsider = journey.admin(second)
    statuses = [
        outsider.raw("GET", f"t/{slug}/clips/{first.clip}").status_code
        for slug in (first.slug, second.slug)
    ]
    journey.check(
        "a clip of one client does not exist for the other",
        held=statuses == [404, 404],
        found=str(statuses),
    )


def check_no_plaintext(journey: Journey) -> None:
    """Search every file that the portal keeps for pieces of the clips, and of what it delivered."""
    uploaded = [
        clip.path
        for client in journey.clients
        for clip in (client.footage, client.gold, client.later)
        if clip is not None
    ]
    packages = (journey.data / "delivered").glob("*.zip")
    pieces = {path.name: _pieces(path) for path in (*uploaded, *packages)}
    clients_own = {journey.data / "footage", journey.data / "delivered"}
    roots = [journey.data, (journey.data / "postgres").resolve()]
    files = {
        path
        for root in roots
        for path in root.rglob("*")
        if path.is_file() and clients_own.isdisjoint(path.parents)
    }
    found = [
        f"{name} in {path.name}"
        for path in files
        for name, samples in pieces.items()
        if _holds(path, samples)
    ]
    journey.check(
        "no file of the portal holds a piece of a clip in the clear",
        held=bool(files) and not found,
        found=", ".join(found) or f"{len(files)} files searched",
    )


def _pieces(path: Path) -> list[bytes]:
    """Pieces of the middle of the file: its ends are the same in every MP4."""
    content = path.read_bytes()
    step = len(content) // (_SAMPLES + 1)
    return [content[step * n : step * n + _SAMPLE] for n in range(1, _SAMPLES + 1)]


def _holds(path: Path, samples: list[bytes]) -> bool:
    try:
        content = path.read_bytes()
    except OSError:  # a file of the database that was there a moment ago
        return False
    return any(sample in content for sample in samples)
