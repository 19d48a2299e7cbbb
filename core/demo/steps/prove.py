"""Step 12: the access log proves itself offline, and nobody saw what was not theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.demo.cast import AUDITOR, NORTH, OPERATOR, PROVIDER, VENDOR_MANAGER
from core.demo.doors import Visitor, wait_for
from core.demo.journey import ClientSide, Journey
from core.demo.places import PLACES, places, write_places
from core.demo.steps.intake import check_no_plaintext
from core.demo.steps.leave import leave_work
from core.demo.steps.slicing import tasks_of
from core.demo.tools import custos

# Places in a bundle, as shares of its length, at which one bit is changed.
_PLACES = (0.35, 0.8)


def run(journey: Journey) -> None:
    """Verify each log since the kept checkpoint; then try every door once more from outside."""
    for client in journey.clients:
        bundle = _bundle(journey, client)
        _check_log(journey, client, bundle)
        _check_receipts(journey, client, bundle)
    _check_provider(journey)
    _check_auditor(journey)
    _probe_every_door(journey)
    leave_work(journey)
    check_no_plaintext(journey)
    _show_places(journey)


def _show_places(journey: Journey) -> None:
    """Whoever looks at the results afterwards finds them under these addresses."""
    found = places(journey)
    write_places(found, journey.data / PLACES)
    shut = [place.path for place in found if not journey.session(place.email).opens(place.path)]
    journey.check(
        "every result has a page, which opens to who it is for",
        held=not shut,
        found=", ".join(shut) or f"{len(found)} pages, as {len({p.email for p in found})} people",
    )


def _bundle(journey: Journey, client: ClientSide) -> Path:
    """The client exports its whole log once the sequencer has taken what happened so far."""
    admin = journey.admin(client)
    latest = admin.get(f"t/{client.slug}/log", limit=1)["results"][0]["entry"]["id"]
    wait_for(
        "the log to take the last entry",
        lambda: admin.raw("GET", f"t/{client.slug}/log/entries/{latest}/proof").is_success,
    )
    since = client.kept_checkpoint.read_text().splitlines()[1]
    bundle = journey.data / "kept" / f"{client.slug}.evidence.jsonl"
    bundle.write_bytes(admin.download(f"t/{client.slug}/log/bundle?since={since}"))
    return bundle


def _entries(bundle: Path) -> int:
    return bundle.read_bytes().count(b'{"index":')


def _verify(bundle: Path, key: Path, since: Path | None = None) -> tuple[int, dict[str, Any]]:
    options = ["--since", str(since)] if since else []
    result = custos("verify", str(bundle), "--key", str(key), *options, "--json")
    report: dict[str, Any] = result.json() if result.out.startswith("{") else {}
    return result.code, report


def _check_log(journey: Journey, client: ClientSide, bundle: Path) -> None:
    code, _ = _verify(bundle, client.verifier_key, client.kept_checkpoint)
    entries = _entries(bundle)
    journey.check(
        f"{client.slug}: the log verifies offline, from the checkpoint kept at the start",
        held=code == 0,
        found=f"{entries} entries",
    )
    content = bundle.read_bytes()
    copy = bundle.with_suffix(".changed")
    codes = []
    for place in _PLACES:
        at = int(len(content) * place)
        copy.write_bytes(content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :])
        codes.append(_verify(copy, client.verifier_key, client.kept_checkpoint)[0])
    copy.unlink()
    journey.check(
        f"{client.slug}: a copy with one bit changed does not verify",
        held=all(code == 1 for code in codes),
        found=f"{len(codes)} places",
    )
    other = next(c for c in journey.clients if c is not client)
    strange, _ = _verify(bundle, client.verifier_key, other.kept_checkpoint)
    journey.check(
        f"{client.slug}: a checkpoint of another log is no beginning of this one",
        held=strange != 0,
    )


def _check_receipts(journey: Journey, client: ClientSide, bundle: Path) -> None:
    """Every group of pictures that was served is in the log."""
    mine = {served for served in journey.served if served[0] in {client.clip, client.gold_clip}}
    logged = set()
    for line in bundle.read_text().splitlines():
        entry = json.loads(line).get("entry", {})
        if entry.get("action") == "footage.frames.serve":
            clip = entry["subject"]["id"]
            logged |= {(clip, first, last) for first, last in entry["details"]["gops"]}
    journey.check(
        f"{client.slug}: the log holds a receipt for everything that anybody watched",
        held=bool(mine) and mine <= logged,
        found=f"{len(mine)} groups of pictures",
    )


def _check_provider(journey: Journey) -> None:
    """The provider's own log, which holds sign-ins and the operator's acts, verifies too."""
    operator = journey.visitor(OPERATOR)
    key, bundle = (journey.data / "kept" / name for name in ("provider.key", "provider.jsonl"))
    key.write_text(operator.text(f"t/{PROVIDER}/log/key"))
    bundle.write_bytes(operator.download(f"t/{PROVIDER}/log/bundle"))
    code, _ = _verify(bundle, key)
    journey.check(
        "the provider's log verifies",
        held=code == 0,
        found=f"{_entries(bundle)} entries",
    )


def _check_auditor(journey: Journey) -> None:
    """The auditor reads the log that she was granted, no other, and her reading is logged."""
    auditor = journey.visitor(AUDITOR)
    granted, other = journey.clients
    seen = auditor.get(f"t/{granted.slug}/log", limit=5)["results"]
    refused = auditor.raw("GET", f"t/{other.slug}/log").status_code
    noted = journey.admin(granted).get(f"t/{granted.slug}/log", action="log.read", limit=5)
    journey.check(
        f"the auditor reads the log of {NORTH} only, and the reading is in it",
        held=bool(seen) and refused == 404 and bool(noted["results"]),
        found=f"{len(seen)} entries, elsewhere {refused}",
    )


def _probe_every_door(journey: Journey) -> None:
    """Ask for everything of the first client as people who have no business there."""
    first, second = journey.clients
    task = tasks_of(journey, first, first.clip)[0]["id"]
    rest = [
        "",
        "/members",
        "/contracts",
        "/projects",
        f"/projects/{first.project}",
        "/cameras",
        "/clips",
        f"/clips/{first.clip}",
        f"/clips/{first.clip}/index",
        f"/clips/{first.clip}/init",
        f"/clips/{first.clip}/gops/0",
        f"/clips/{first.clip}/thumbnails/0",
        "/tasks",
        f"/tasks/{task}",
        f"/tasks/{task}/tracks",
        f"/tasks/{task}/review",
        "/gold",
        "/scores",
        "/releases",
        f"/releases/{first.release}",
        f"/releases/{first.release}/package",
        "/releases/key",
        "/invoices",
        f"/invoices/{first.invoice}",
        "/log",
        "/log/bundle",
        "/log/checkpoint",
    ]
    addresses = [f"t/{first.slug}{path}" for path in rest]
    # The same objects under one's own address.
    own = [path for path in rest if any(id_ in path for id_ in _ids(first, task))]
    addresses += [f"t/{second.slug}{path}" for path in own]
    found = _open(journey.admin(second), addresses, 404)
    nobody = Visitor(journey.base_url, name="nobody")
    strangers = _open(nobody, addresses, 401)
    # The vendor is engaged, so that the client exists for its manager; what it keeps does not open.
    kept = [f"t/{first.slug}{path}" for path in _FOR_NO_VENDOR]
    manager = _open(journey.visitor(VENDOR_MANAGER), kept, 403, 404)
    nobody.close()
    journey.check(
        "everything of one client is a 404 to the other, in its own address too",
        held=not found,
        found=", ".join(found) or f"{len(addresses)} probes",
    )
    journey.check(
        "without a sign-in there is nothing",
        held=not strangers,
        found=", ".join(strangers) or f"{len(addresses)} probes",
    )
    journey.check(
        "the vendor's manager gets no footage, labels, invoices or log of a client",
        held=not manager,
        found=", ".join(manager) or f"{len(_FOR_NO_VENDOR)} probes",
    )


_FOR_NO_VENDOR = ["/clips", "/gold", "/releases", "/invoices", "/log", "/log/bundle", "/contracts"]


def _ids(client: ClientSide, task: str) -> list[str]:
    return [client.project, client.clip, task, client.release, client.invoice]


def _open(visitor: Visitor, addresses: list[str], *shut: int) -> list[str]:
    """Addresses that answer with another status than those of a ``shut`` door."""
    answers = {path: visitor.raw("GET", path).status_code for path in addresses}
    return [f"{path}: {status}" for path, status in answers.items() if status not in shut]
