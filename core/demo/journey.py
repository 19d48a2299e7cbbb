"""What the steps of one demo run share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core.demo.cast import SignIn
from core.demo.doors import Visitor
from core.demo.footage import Clip
from core.demo.portal import PortalSession
from core.demo.report import Check, StepReport
from core.demo.truth import Truth


@dataclass
class ClientSide:
    """One client organization: its own footage and what its steps have made so far."""

    slug: str
    admin_email: str
    footage: Clip
    #: A short drawn clip of its own, whose truth the client hands over as gold.
    gold: Clip
    #: What it uploads at the end, for whoever opens the portal to work on.
    later: Clip | None = None
    #: Public verifier key of its log, and the checkpoint that it kept from the start.
    verifier_key: Path = Path()
    kept_checkpoint: Path = Path()
    project: str = ""
    camera: str = ""
    clip: str = ""
    gold_clip: str = ""
    release: str = ""
    #: The version that was disputed, where one was.
    disputed: str = ""
    invoice: str = ""
    credit_note: str = ""

    def clips(self) -> list[tuple[str, Clip]]:
        """Its clips: the portal's id, and the file that it came from."""
        return [(self.clip, self.footage), (self.gold_clip, self.gold)]

    def name_of(self, clip: str) -> str:
        """The file name of one of its clips."""
        return dict(self.clips())[clip].path.name


@dataclass(frozen=True)
class Extent:
    """How much footage a run goes through, in frames.

    ``task``, ``overlap``: length of a task, and what two neighbours share. ``gold_ranges`` pieces
    of gold lie side by side in each client's gold clip.
    """

    clip: int = 200
    task: int = 110
    overlap: int = 10
    gold: int = 90
    gold_ranges: int = 3


@dataclass
class Journey:
    """The run: where the portal is, who takes part, and the step that is being checked."""

    data: Path
    base_url: str
    console: Console
    cast: dict[str, SignIn]
    clients: list[ClientSide]
    #: True where the first client's footage is the user's own, without truth.
    given_footage: bool
    extent: Extent = Extent()
    #: By the portal's id of the clip; filled when clips are prepared.
    truths: dict[str, Truth] = field(default_factory=dict)
    #: SHA-256 of every label set that was handed in.
    handed_in: set[str] = field(default_factory=set)
    #: Groups of pictures that somebody was shown: clip, first and last frame.
    served: set[tuple[str, int, int]] = field(default_factory=set)
    step: StepReport = field(default_factory=lambda: StepReport(0, ""))
    visitors: dict[str, Visitor] = field(default_factory=dict)
    #: Sessions at the portal's pages, of those who were there.
    sessions: dict[str, PortalSession] = field(default_factory=dict)

    def check(self, claim: str, *, held: bool, found: str = "", weakened: str = "") -> None:
        """Note one check of the current step."""
        self.step.checks.append(Check(claim, held, found, weakened))

    def visitor(self, email: str) -> Visitor:
        """The signed-in person of that address; signs in at the first call."""
        if email not in self.visitors:
            person = self.cast[email]
            secret = self._with_passkey(person) if person.needs_passkey else self._token(person)
            self.visitors[email] = Visitor(self.base_url, name=person.name, token=secret)
        return self.visitors[email]

    def session(self, email: str) -> PortalSession:
        """The person's session at the pages; signs in at the first call."""
        if email not in self.sessions:
            self.sessions[email] = session = PortalSession(self.base_url)
            session.sign_in(self.cast[email])
        return self.sessions[email]

    def _with_passkey(self, person: SignIn) -> str:
        return self.session(person.email).token(person.organization)

    def _token(self, person: SignIn) -> str:
        nobody = Visitor(self.base_url, name=person.name)
        answer = nobody.post(
            "auth/token",
            {
                "email": person.email,
                "password": person.password,
                "name": "custos demo",
                "organization": person.organization,
                "sudo": True,
            },
        )
        nobody.close()
        secret: str = answer["secret"]
        return secret

    def admin(self, client: ClientSide) -> Visitor:
        """The client's administrator."""
        return self.visitor(client.admin_email)

    def truth(self, clip: str) -> Truth:
        """What the simulated people see in the clip of that id."""
        return self.truths[clip]

    def close(self) -> None:
        """Let go of every connection."""
        for visitor in self.visitors.values():
            visitor.close()
        for session in self.sessions.values():
            session.close()

    @contextmanager
    def progress(self, what: str, total: float) -> Iterator[Bar]:
        """A progress bar on a long part of a step."""
        columns = (
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(
            *columns, console=self.console, transient=True, disable=not self.console.is_terminal
        ) as progress:
            yield Bar(progress, progress.add_task(what, total=total))


class Bar:
    """One progress bar."""

    def __init__(self, progress: Progress, task: Any) -> None:
        self._progress = progress
        self._task = task

    def to(self, done: float) -> None:
        """Show ``done`` of the total."""
        self._progress.update(self._task, completed=done)

    def forward(self, by: float = 1) -> None:
        self._progress.advance(self._task, by)
