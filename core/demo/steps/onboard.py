"""Step 1: two clients and a vendor apply, are approved, and let their people in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.demo.cast import (
    AUDITOR,
    HARBOUR,
    NAMES,
    NORTH,
    OPERATOR,
    PROVIDER,
    REVIEWER,
    SKILLS,
    VENDOR,
    VENDOR_MANAGER,
    SignIn,
)
from core.demo.doors import Visitor, wait_for
from core.demo.journey import ClientSide, Journey

#: What each client pays for, in strings because money never passes through a float.
TERMS: dict[str, dict[str, Any]] = {
    NORTH: {
        "sla": {
            "turnaround_hours": 72,
            "credit_percent_per_day": "10",
            "credit_percent_cap": "50",
            "accept_days": 10,
        },
        "rates": {"object": "0.40", "keyframe": "0.02"},
        "currency": "EUR",
        "retention_days": 180,
        "privacy": {"faces": True, "plates": True, "audio": "keep"},
        "names_shown": False,
    },
    HARBOUR: {
        "sla": {
            "turnaround_hours": 24,
            "credit_percent_per_day": "15",
            "credit_percent_cap": "60",
            "accept_days": 5,
        },
        "rates": {"frame": "0.031"},
        "currency": "GBP",
        "retention_days": 30,
        "privacy": {"faces": True, "plates": True, "audio": "drop"},
        "names_shown": False,
    },
}


def run(journey: Journey) -> None:
    """Apply, approve, invite, engage; check who may see what from the first moment on."""
    nobody = Visitor(journey.base_url, name="an applicant")
    operator = journey.visitor(OPERATOR)
    founders = [journey.cast[c.admin_email] for c in journey.clients]
    founders.append(journey.cast[VENDOR_MANAGER])
    links = {person.email: _apply(journey, nobody, operator, person) for person in founders}
    for person in founders:
        _accept(nobody, links[person.email], person)
    _check_links(journey, nobody, links.values())
    _people(journey, nobody)
    for client in journey.clients:
        operator.post("operator/engagements", {"client": client.slug, "vendor": VENDOR})
        _sign_contract(journey, client)
        _keep_checkpoint(journey, client)
    _check_borders(journey)
    nobody.close()


def _apply(journey: Journey, nobody: Visitor, operator: Visitor, person: SignIn) -> str:
    """Apply and be approved; gives the link of the founder's invitation."""
    application = nobody.post(
        "applications",
        {
            "kind": "vendor" if person.organization == VENDOR else "client",
            "name": NAMES[person.organization],
            "contact_name": person.name,
            "contact_email": person.email,
        },
    )
    approved = operator.post(f"operator/applications/{application['id']}/approve")
    organization = approved["organization"]
    journey.check(
        f"{NAMES[person.organization]} applied and was approved",
        held=organization["slug"] == person.organization and organization["state"] == "active",
        found=f"{organization['kind']}, {organization['state']}",
    )
    link: str = approved["invitation"]
    return link


def _accept(nobody: Visitor, link: str, person: SignIn) -> dict[str, str]:
    accepted: dict[str, str] = nobody.post(
        "invitations/accept", {"link": link, "name": person.name, "password": person.password}
    )
    return accepted


def _check_links(journey: Journey, nobody: Visitor, links: Iterable[str]) -> None:
    statuses = {
        nobody.raw(
            "POST",
            "invitations/accept",
            json={"link": link, "name": "Mallory", "password": "a-long-password-of-mine"},
        ).status_code
        for link in links
    }
    journey.check("a used invitation lets nobody in", held=statuses == {410}, found=str(statuses))


def _sign_contract(journey: Journey, client: ClientSide) -> None:
    """The operator drafts, the client signs; what is signed is what was drafted."""
    path = f"t/{client.slug}/contracts"
    drafted = journey.visitor(OPERATOR).post(path, {"terms": TERMS[client.slug]})
    by_vendor = journey.visitor(VENDOR_MANAGER).raw("POST", f"{path}/{drafted['id']}/sign")
    signed = journey.admin(client).post(f"{path}/{drafted['id']}/sign")
    journey.check(
        f"{client.slug} signed a contract with SLA, rates, retention and privacy policy",
        held=signed["state"] == "signed"
        and signed["terms"] == TERMS[client.slug]
        and by_vendor.status_code in {403, 404},
        found=f"{signed['terms']['sla']['turnaround_hours']} h, {signed['terms']['rates']}",
    )


def _keep_checkpoint(journey: Journey, client: ClientSide) -> None:
    """The client fetches key and checkpoint of its log and keeps both, outside the portal."""
    admin = journey.admin(client)
    key = wait_for("the log's key", lambda: _text(admin, f"t/{client.slug}/log/key"))
    note = wait_for("a checkpoint", lambda: _text(admin, f"t/{client.slug}/log/checkpoint"))
    kept = journey.data / "kept"
    kept.mkdir(exist_ok=True)
    client.verifier_key = kept / f"{client.slug}.key"
    client.kept_checkpoint = kept / f"{client.slug}.checkpoint"
    client.verifier_key.write_text(key)
    client.kept_checkpoint.write_text(note)
    size = note.splitlines()[1]
    journey.check(
        f"{client.slug} keeps a signed checkpoint of its log",
        held=int(size) > 0,
        found=f"{size} entries so far",
    )


def _text(visitor: Visitor, path: str) -> str:
    """The text, or nothing while there is none yet."""
    answer = visitor.raw("GET", path)
    return answer.text if answer.is_success else ""


def _people(journey: Journey, nobody: Visitor) -> None:
    """The vendor's people with their skill, and the provider's auditor."""
    manager, operator = journey.visitor(VENDOR_MANAGER), journey.visitor(OPERATOR)
    for email in (*SKILLS, REVIEWER):
        person = journey.cast[email]
        invitation = manager.post(f"t/{VENDOR}/invitations", {"email": email, "role": person.role})
        accepted = _accept(nobody, invitation["link"], person)
        manager.post(f"t/{VENDOR}/workers", {"user": accepted["user"], "skills": ["boxes"]})
    workers = manager.get(f"t/{VENDOR}/workers")["results"]
    journey.check(
        "the vendor's people can box people and vehicles",
        held=len(workers) == len(SKILLS) + 1
        and all(w["skills"][0]["task_type"] == "boxes" for w in workers),
        found=f"{len(workers)} workers",
    )
    auditor = journey.cast[AUDITOR]
    invitation = operator.post(
        f"t/{PROVIDER}/invitations", {"email": AUDITOR, "role": auditor.role}
    )
    accepted = _accept(nobody, invitation["link"], auditor)
    operator.post(
        "operator/audit-grants",
        {
            "user": accepted["user"],
            "organization": journey.clients[0].slug,
            "purpose": "yearly-audit",
            "days": 30,
        },
    )


def _check_borders(journey: Journey) -> None:
    """Nobody sees another organization, or the operator's desk."""
    first, second = journey.clients
    probes = [
        (journey.admin(first), f"t/{second.slug}"),
        (journey.admin(second), f"t/{first.slug}/members"),
        (journey.admin(first), "operator/applications"),
        (journey.visitor(VENDOR_MANAGER), "operator/organizations"),
        (journey.visitor(AUDITOR), f"t/{second.slug}"),
    ]
    statuses = [visitor.raw("GET", path).status_code for visitor, path in probes]
    journey.check(
        "other organizations and the operator's desk do not exist for outsiders",
        held=all(status == 404 for status in statuses),
        found=f"{len(statuses)} probes, all 404",
    )
