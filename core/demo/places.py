"""Where in the portal the results of the demo can be looked at, and as whom."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from core.demo.cast import AUDITOR, OPERATOR, REVIEWER, SKILLS, VENDOR, VENDOR_MANAGER
from core.demo.journey import ClientSide, Journey

#: Their list, beside the report.
PLACES = "places.json"


@dataclass(frozen=True)
class Place:
    """A page: what is to be seen there, its path, and who to sign in as."""

    what: str
    path: str
    email: str


def places(journey: Journey) -> list[Place]:
    """List them by who sees them, the client whose release was disputed first."""
    accepting, disputing = journey.clients
    annotator = next(iter(SKILLS))
    return [
        *_of_the_dispute(disputing),
        *_of_a_client(disputing),
        Place("the release that was accepted at once", _release(accepting), accepting.admin_email),
        Place("its invoice, paid", _invoice(accepting), accepting.admin_email),
        Place("masks that a reviewer may check", f"/t/{VENDOR}/masks", REVIEWER),
        Place("tracks that might be one object", f"/t/{VENDOR}/seams", REVIEWER),
        Place("the next task, to label", f"/t/{VENDOR}/work", annotator),
        Place("an annotator's scores and trust", f"/t/{VENDOR}/scores", annotator),
        Place("the board of people and work", f"/t/{VENDOR}/board", VENDOR_MANAGER),
        Place("people, one of them without work", f"/t/{VENDOR}/people", VENDOR_MANAGER),
        Place("the vendor's statements", f"/t/{VENDOR}/statements", VENDOR_MANAGER),
        Place("the auditor's search in the log", f"/t/{accepting.slug}/log", AUDITOR),
        Place("the operator's desk", "/operator/", OPERATOR),
        Place("rates, keys and jobs", "/operator/rates", OPERATOR),
    ]


def _of_the_dispute(client: ClientSide) -> list[Place]:
    return [
        Place(what, path, client.admin_email)
        for what, path in (
            ("the disputed release, with its pinned frame", _release(client, first=True)),
            ("the second release, and what changed in it", _release(client)),
            ("the invoice with its credit note, paid", _invoice(client)),
            ("the credit note", f"/t/{client.slug}/credit-notes/{client.credit_note}"),
        )
    ]


def _of_a_client(client: ClientSide) -> list[Place]:
    base = f"/t/{client.slug}"
    return [
        Place(what, f"{base}/{path}", client.admin_email)
        for what, path in (
            ("what waits, and whether it is on time", "home"),
            ("a clip and its tasks", f"clips/{client.clip}"),
            ("what is masked in it, to check and correct", f"clips/{client.clip}/masks"),
            ("what is hidden, and how much may be left", f"projects/{client.project}/redaction"),
            ("measured work: confusion, cameras, worst frames", "quality"),
            ("gold, and how people did on it", "gold"),
            ("deadlines", "sla"),
            ("who looked at which frames", "log"),
            ("witnesses of the log", "log/witnesses"),
            ("the webhook", "log/webhook"),
        )
    ]


def _release(client: ClientSide, *, first: bool = False) -> str:
    return f"/t/{client.slug}/releases/{client.disputed if first else client.release}"


def _invoice(client: ClientSide) -> str:
    return f"/t/{client.slug}/invoices/{client.invoice}"


def write_places(found: list[Place], path: Path) -> None:
    """Keep them beside the report."""
    path.write_text(json.dumps([asdict(place) for place in found], indent=2) + "\n")


def read_places(path: Path) -> list[Place]:
    """Read what was kept; nothing where the demo did not get so far."""
    if not path.exists():
        return []
    return [Place(**found) for found in json.loads(path.read_text())]
