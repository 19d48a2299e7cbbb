"""Who takes part in the demo, and the sign-ins made for them."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from core.demo.annotators import BAD, FAIR, GOOD, Skill


@dataclass(frozen=True)
class SignIn:
    """A person's sign-in to the demo's portal. The password is worth nothing anywhere else."""

    email: str
    name: str
    #: Slug of the organization that the person belongs to.
    organization: str
    role: str
    password: str

    @property
    def needs_passkey(self) -> bool:
        """Whether the role opens nothing without one."""
        return self.organization == PROVIDER


PROVIDER = "provider"
NORTH, HARBOUR = "north-line", "harbour-trust"
VENDOR = "clearframe"

#: Names under which the organizations apply; the portal makes the slugs above of them.
NAMES = {NORTH: "North Line", HARBOUR: "Harbour Trust", VENDOR: "Clearframe"}

OPERATOR = "olga@custos.example"
AUDITOR = "aldo@custos.example"
VENDOR_MANAGER = "vera@clearframe.example"
REVIEWER = "rosa@clearframe.example"

#: The annotators and how well each of them works.
SKILLS: dict[str, Skill] = {
    "ana@clearframe.example": GOOD,
    "bruno@clearframe.example": GOOD,
    "chloe@clearframe.example": FAIR,
    "dario@clearframe.example": BAD,
}

_PEOPLE = (
    (OPERATOR, "Olga Operator", PROVIDER, "operator"),
    (AUDITOR, "Aldo Auditor", PROVIDER, "auditor"),
    ("nora@north-line.example", "Nora North", NORTH, "client_admin"),
    ("hugo@harbour-trust.example", "Hugo Harbour", HARBOUR, "client_admin"),
    (VENDOR_MANAGER, "Vera Vendor", VENDOR, "vendor_manager"),
    ("ana@clearframe.example", "Ana Accurate", VENDOR, "annotator"),
    ("bruno@clearframe.example", "Bruno Brisk", VENDOR, "annotator"),
    ("chloe@clearframe.example", "Chloe Careful", VENDOR, "annotator"),
    ("dario@clearframe.example", "Dario Dashing", VENDOR, "annotator"),
    (REVIEWER, "Rosa Reviewer", VENDOR, "reviewer"),
)


def make_cast() -> dict[str, SignIn]:
    """Everybody, by e-mail address, each with a fresh password."""
    return {
        email: SignIn(email, name, organization, role, secrets.token_urlsafe(12))
        for email, name, organization, role in _PEOPLE
    }


def write_sign_ins(cast: dict[str, SignIn], path: Path) -> None:
    """Write the sign-ins for their owner's eyes only (mode 0600)."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump([asdict(person) for person in cast.values()], file, indent=2)
        file.write("\n")
