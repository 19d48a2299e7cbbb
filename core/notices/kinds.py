"""Everything that people are told of: one list, with the sentence, who hears it and how.

A sentence holds numbers, dates, and names of projects, skills and organizations. It never holds a
file's name, a person's name or anything seen on footage: notices travel by e-mail.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from core.access.permissions import Role


class Way(IntEnum):
    """How far a notice follows a person, each way with the ones before it."""

    OFF = 0
    PORTAL = 1
    DIGEST = 2
    MAIL = 3


WAYS: Mapping[Way, str] = {
    Way.OFF: "Not at all",
    Way.PORTAL: "In the portal",
    Way.DIGEST: "In the portal and the daily e-mail",
    Way.MAIL: "In the portal and an e-mail at once",
}

ADMIN = frozenset({Role.CLIENT_ADMIN})
MANAGER = frozenset({Role.VENDOR_MANAGER})
WORKERS = frozenset({Role.ANNOTATOR, Role.REVIEWER})
AUDITOR = frozenset({Role.AUDITOR})
OPERATOR = frozenset({Role.OPERATOR})


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing to hear of. `sentence` is filled with the notice's parts.

    severity: ok, info, warn or bad. hears: the roles that are told where nobody is named, and that
    may choose. must: too important to be turned off; its e-mail still can be.
    """

    name: str
    title: str
    sentence: str
    severity: str
    hears: frozenset[Role]
    way: Way
    must: bool = False
    icon: str = field(default="bell")

    @property
    def ways(self) -> list[Way]:
        """The ways that a person may choose."""
        return [way for way in Way if way != Way.OFF or not self.must]

    def say(self, parts: Mapping[str, object]) -> str:
        """Give the sentence; a part that is missing shows as a dash instead of failing."""
        return self.sentence.format_map(_Parts(parts))


class _Parts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "–"


_ALL = [
    # The client's people.
    Kind(
        "release_ready", "A version can be accepted",
        "Version {number} of {project} is ready. Accept or dispute it.",
        "info", ADMIN, Way.MAIL, icon="package-check",
    ),
    Kind(
        "release_failed", "A version could not be built",
        "Version {number} of {project} could not be built.",
        "bad", ADMIN, Way.MAIL, icon="package-x",
    ),
    Kind(
        "release_silent", "A version was accepted by silence",
        "Version {number} of {project} was accepted, because nobody decided in time.",
        "warn", ADMIN, Way.MAIL, icon="package-check",
    ),
    Kind(
        "clip_refused", "A clip could not be prepared",
        "A clip could not be prepared ({reason}). Replace it or drop it.",
        "bad", ADMIN | {Role.CLIENT_UPLOADER}, Way.DIGEST, icon="file-x",
    ),
    Kind(
        "clip_question", "A clip waits for an answer of yours",
        "The clock of a clip of {project} stands still until you answer.",
        "warn", ADMIN | {Role.CLIENT_UPLOADER}, Way.MAIL, icon="circle-pause",
    ),
    Kind(
        "clips_late", "Footage is late or may be",
        "{late} clips are late and {risky} may be late.",
        "warn", ADMIN | MANAGER, Way.DIGEST, icon="timer",
    ),
    Kind(
        "clip_erased", "A certificate of erasure is ready",
        "A clip was erased. Its certificate is ready.",
        "ok", ADMIN | AUDITOR, Way.DIGEST, icon="trash-2",
    ),
    Kind(
        "terms_drafted", "Terms wait for a signature",
        "Version {version} of your terms waits for your signature.",
        "info", ADMIN, Way.MAIL, icon="signature",
    ),
    Kind(
        "invoice_issued", "An invoice was issued",
        "Invoice {number} over {total} {currency} is due on {due}.",
        "info", ADMIN, Way.MAIL, icon="receipt",
    ),
    Kind(
        "invoice_overdue", "An invoice is overdue",
        "Invoice {number} was due on {due}; {left} {currency} are open.",
        "bad", ADMIN, Way.MAIL, must=True, icon="receipt",
    ),
    Kind(
        "payment_failed", "A payment failed",
        "The payment of invoice {number} failed. Nothing was charged.",
        "bad", ADMIN, Way.MAIL, must=True, icon="credit-card",
    ),
    Kind(
        "webhook_paused", "The webhook is paused",
        "Your webhook took nothing for three days and is paused. The log goes on unwitnessed.",
        "bad", ADMIN | AUDITOR, Way.MAIL, must=True, icon="webhook",
    ),
    Kind(
        "organization_suspended", "Your organization was suspended",
        "{organization} is suspended: {reason}.",
        "bad", ADMIN | MANAGER, Way.MAIL, must=True, icon="pause",
    ),
    Kind(
        "organization_reinstated", "Your organization is active again",
        "{organization} is active again.",
        "ok", ADMIN | MANAGER, Way.MAIL, must=True, icon="play",
    ),
    # The vendor's managers.
    Kind(
        "work_arrived", "New work arrived",
        "New work of {project} can be given out.",
        "info", MANAGER, Way.DIGEST, icon="inbox",
    ),
    Kind(
        "release_disputed", "A client disputes a version",
        "Version {number} of {project} is disputed: {tasks} tasks came back.",
        "warn", MANAGER, Way.MAIL, icon="gavel",
    ),
    Kind(
        "engagement_opened", "A client engaged you",
        "{organization} opened its work to your people.",
        "ok", MANAGER, Way.MAIL, icon="handshake",
    ),
    Kind(
        "engagement_ended", "An engagement ended",
        "The engagement with {organization} has ended. Its work is closed to your people.",
        "warn", MANAGER, Way.MAIL, must=True, icon="unlink",
    ),
    Kind(
        "person_gated", "Somebody is paused for a skill",
        "One of your people is paused for {skill}: too many checks were missed.",
        "warn", MANAGER, Way.DIGEST, icon="circle-pause",
    ),
    Kind(
        "paper_expiring", "A paper ends soon",
        "One paper of your people ({paper}) ends on {last}.",
        "warn", MANAGER, Way.DIGEST, icon="id-card",
    ),
    # Annotators and reviewers.
    Kind(
        "task_sent_back", "Work of yours was sent back",
        "A reviewer sent a task of yours back. Read why, or dispute it.",
        "warn", WORKERS, Way.PORTAL, icon="undo-2",
    ),
    Kind(
        "dispute_decided", "A dispute of yours was decided",
        "Your dispute was decided: {outcome}.",
        "info", WORKERS, Way.PORTAL, icon="scale",
    ),
    Kind(
        "skill_closed", "You are paused for a skill",
        "You are paused for {skill}: too many checks were missed. Your manager can open it again.",
        "warn", WORKERS, Way.MAIL, must=True, icon="circle-pause",
    ),
    Kind(
        "skill_opened", "A skill is open to you again",
        "{skill} is open to you again.",
        "ok", WORKERS, Way.MAIL, icon="circle-play",
    ),
    Kind(
        "quiz_passed", "You passed a quiz",
        "You passed the quiz for {skill} and hold level {level}.",
        "ok", WORKERS, Way.DIGEST, icon="graduation-cap",
    ),
    Kind(
        "quiz_failed", "You did not pass a quiz",
        "You did not pass the quiz for {skill}, level {level}. You can see what was missed.",
        "warn", WORKERS, Way.DIGEST, icon="graduation-cap",
    ),
    # Auditors.
    Kind(
        "audit_granted", "A log was opened to you",
        "You may read the log of {organization} until {until}.",
        "info", AUDITOR, Way.MAIL, icon="scroll-text",
    ),
    # The operator's desk.
    Kind(
        "log_stalled", "The log stands still",
        "Entries of the log wait for their place since {since}.",
        "bad", OPERATOR | AUDITOR, Way.MAIL, must=True, icon="siren",
    ),
    Kind(
        "client_answered", "A client answered a question",
        "{organization} answered about a clip. Its clock runs on.",
        "info", OPERATOR, Way.DIGEST, icon="circle-play",
    ),
    Kind(
        "application_received", "Somebody applied",
        "An organization applied as a {kind}.",
        "info", OPERATOR, Way.DIGEST, icon="building-2",
    ),
    Kind(
        "jobs_dead", "Jobs need a decision",
        "Jobs of the kind {kind} failed for good. Open them again or drop them.",
        "bad", OPERATOR, Way.MAIL, must=True, icon="octagon-alert",
    ),
]  # fmt: skip

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}


def kinds_for(roles: frozenset[Role]) -> list[Kind]:
    """List what somebody with these roles may hear of, in the list's order."""
    return [kind for kind in _ALL if kind.hears & roles]
