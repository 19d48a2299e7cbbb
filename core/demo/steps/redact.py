"""Step 9: faces and plates are found, followed and blurred; what is left is measured."""

from __future__ import annotations

from typing import Any

from core.demo.cast import NORTH
from core.demo.doors import wait_for
from core.demo.journey import ClientSide, Journey
from core.demo.steps.onboard import TERMS

# How long a redaction may take; footage of the user's may be long, and the machine busy.
_PATIENCE = 3600


def run(journey: Journey) -> None:
    """Set each client's policy, start every clip, wait for them, read what was measured."""
    todo = [(client, clip) for client in journey.clients for clip, _ in client.clips()]
    for client in journey.clients:
        _set_policy(journey, client)
    for client, clip in todo:
        journey.admin(client).post(f"t/{client.slug}/clips/{clip}/redaction")
    first, second = journey.clients
    probe = journey.admin(second).raw("GET", f"t/{second.slug}/clips/{first.clip}/redaction")
    journey.check(
        "a redaction of one client does not exist for the other",
        held=probe.status_code == 404,
        found=str(probe.status_code),
    )
    with journey.progress("Redacting", len(todo)) as bar:
        for client, clip in todo:
            _check_run(journey, client, clip, _finished(journey, client, clip))
            bar.forward()


def _set_policy(journey: Journey, client: ClientSide) -> None:
    """What the contract says of privacy; the camera's clock is no number plate."""
    overlay = journey.truth(client.gold_clip).overlay
    privacy = TERMS[client.slug]["privacy"]
    # One client wants it thorough, the other fast: both ways are gone. Footage of the user's is
    # done fast: nobody knows its truth, and it may be long.
    thorough = client.slug == NORTH and journey.truth(client.clip).exact
    policy = {
        **privacy,
        "mode": "quality" if thorough else "fast",
        "overlays": [list(overlay)] if overlay else [],
    }
    kept = journey.admin(client).put(
        f"t/{client.slug}/projects/{client.project}/redaction-policy", policy
    )
    journey.check(
        f"{client.slug}: the privacy policy of the contract is set",
        held=all(kept[key] == value for key, value in policy.items()),
        found=f"{policy['mode']} mode, sound: {policy['audio']}",
    )


def _finished(journey: Journey, client: ClientSide, clip: str) -> dict[str, Any]:
    admin = journey.admin(client)

    def look() -> dict[str, Any] | None:
        known: dict[str, Any] = admin.get(f"t/{client.slug}/clips/{clip}/redaction")["run"]
        return known if known["state"] in {"done", "failed"} else None

    run: dict[str, Any] = wait_for("a clip to be redacted", look, seconds=_PATIENCE)
    return run


def _check_run(journey: Journey, client: ClientSide, clip: str, run: dict[str, Any]) -> None:
    name, report = client.name_of(clip), run["report"]
    truth = journey.truth(clip)
    found = report.get("found", {}).get("tracks", {})
    journey.check(
        f"{client.slug}: {name} is redacted, and what is left of it was measured",
        held=run["state"] == "done"
        and report["frames"] == truth.frame_count
        and "residual" in report,
        found=", ".join(f"{count} {subject} followed" for subject, count in found.items())
        or run["failure_message"],
        weakened=""
        if truth.exact
        else "no truth of faces and plates: only the residual by a second detector is known",
    )
