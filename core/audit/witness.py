"""A witness: keeps the last checkpoint of a log and cosigns only what extends it.

Needs neither Django nor a database: it runs with a client or a third party, who thereby hold what
the provider can't take back. Its folder:

    witness.key      seed of its own Ed25519 key, mode 0600, made at the first run
    checkpoint       the last checkpoint it saw, with its cosignature
    evidence/TIME/   what contradicted it: both notes, the proof, and a sentence
"""

import base64
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import httpx

from core.audit.cosignatures import WitnessKey, cosign
from core.audit.merkle import extends
from core.audit.notes import Checkpoint, NoteInvalid, VerifierKey, open_checkpoint
from core.crypto.signing import SEED_LENGTH, Signer
from core.errors import CustosError, Invalid, Unavailable

TIMEOUT = httpx.Timeout(30, connect=10)


class Contradiction(CustosError):
    """The log says something that does not go with what was kept, or with its key."""

    code = "contradiction"


class Portal(Protocol):
    """Where a log's checkpoints come from."""

    def newest(self) -> str:
        """Give the newest checkpoint, a signed note."""

    def consistency(self, old: int, new: int) -> list[bytes] | None:
        """Give the proof between two sizes; None where the log knows no such checkpoint."""

    def send(self, *, size: int, key: str, signature: str) -> None:
        """Hand in a cosignature."""


class HttpPortal:
    """A log over the API, with a token."""

    def __init__(self, http: httpx.Client, *, token: str, tenant: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}
        self._place = f"/api/v1/t/{tenant}/log"

    def newest(self) -> str:
        return self._answered(self._ask("GET", "/checkpoint")).text

    def consistency(self, old: int, new: int) -> list[bytes] | None:
        answer = self._ask("GET", "/consistency", params={"old": old, "new": new})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        try:
            return [base64.b64decode(text) for text in self._answered(answer).json()["proof"]]
        except (ValueError, KeyError, TypeError) as error:
            raise Unavailable("The portal's answer is not a consistency proof.") from error

    def send(self, *, size: int, key: str, signature: str) -> None:
        body = {"size": size, "key": key, "signature": signature}
        self._answered(self._ask("POST", "/cosignatures", json=body))

    def _ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            return self._http.request(
                method, self._place + path, headers=self._headers, **arguments
            )
        except httpx.HTTPError as error:
            raise Unavailable(f"The portal does not answer: {error}.") from error

    def _answered(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        raise Unavailable(
            f"The portal answers {answer.status_code} to {answer.request.url.path}:"
            f" {answer.text[:300]}"
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """What a round found. `before` is None at the first one."""

    before: Checkpoint | None
    now: Checkpoint
    note: str
    signature: str


class Witness:
    """One witness of one log, with its folder."""

    def __init__(self, folder: Path, *, name: str, log: VerifierKey) -> None:
        self._folder, self._name, self._log = folder, name, log
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._signer = _signer(folder / "witness.key")

    @property
    def key(self) -> WitnessKey:
        """The key that its cosignatures verify with: publish it."""
        return WitnessKey(self._name, self._signer.public_key)

    def look(self, portal: Portal, *, at: datetime) -> Seen:
        """Fetch the newest checkpoint, hold it against the kept one, cosign and keep it.

        Raises Contradiction, with the evidence kept, and Unavailable. The kept checkpoint stays
        what it was in both cases.
        """
        note, kept = portal.newest(), self._kept()
        proof: list[bytes] | None = None
        before: Checkpoint | None = None
        try:
            fetched = open_checkpoint(note, self._log)
            if kept is not None:
                before = open_checkpoint(kept, self._log)
                if fetched.size > before.size:
                    proof = portal.consistency(before.size, fetched.size)
                _agree(before, fetched, proof)
        except (NoteInvalid, Contradiction) as error:
            place = self._keep_evidence(at, kept=kept, fetched=note, proof=proof, why=error.message)
            raise Contradiction(f"{error.message} Both notes are kept in {place}.") from error
        signature = cosign(
            fetched, name=self._name, signer=self._signer, seconds=int(at.timestamp())
        )
        cosigned = note + signature
        _replace(self._folder / "checkpoint", cosigned)
        return Seen(before, fetched, cosigned, signature)

    def _kept(self) -> str | None:
        place = self._folder / "checkpoint"
        return place.read_text("utf-8") if place.exists() else None

    def _keep_evidence(
        self, at: datetime, *, kept: str | None, fetched: str, proof: list[bytes] | None, why: str
    ) -> Path:
        place = self._folder / "evidence" / at.strftime("%Y%m%dT%H%M%S.%fZ")
        place.mkdir(parents=True, exist_ok=True)
        hashes = [base64.b64encode(digest).decode() for digest in proof or []]
        for name, text in {
            "kept": kept or "",
            "fetched": fetched,
            "proof": "".join(f"{digest}\n" for digest in hashes),
            "why": f"{why}\n",
        }.items():
            _replace(place / name, text)
        return place


def _agree(before: Checkpoint, fetched: Checkpoint, proof: list[bytes] | None) -> None:
    """Raise Contradiction unless `fetched` extends `before`."""
    if fetched.size < before.size:
        raise Contradiction(
            f"The log went back: it had {before.size} entries and shows {fetched.size}."
        )
    if fetched.size == before.size:
        if fetched.root != before.root:
            raise Contradiction(f"There are two logs of {fetched.size} entries: its root changed.")
        return
    if proof is None:
        raise Contradiction(
            f"The log denies the checkpoint of {before.size} entries that it signed."
        )
    if not extends(before.size, before.root, fetched.size, fetched.root, proof):
        raise Contradiction(
            f"The log was rewritten: its {fetched.size} entries do not begin with the"
            f" {before.size} that were kept."
        )


def _signer(place: Path) -> Signer:
    """Read the witness's key, or make it. Raises Invalid where others can read it."""
    if not place.exists():
        seed = os.urandom(SEED_LENGTH)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(seed.hex() + "\n")
    if place.stat().st_mode & 0o077:
        raise Invalid(f"Others can read {place}: give it mode 0600.", field="folder")
    try:
        return Signer.from_seed(bytes.fromhex(place.read_text("ascii").strip()))
    except ValueError as error:
        raise Invalid(f"{place} holds no key of a witness.", field="folder") from error


def _replace(place: Path, text: str) -> None:
    """Write a file whole or not at all, and on the disk before anything relies on it."""
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(place)
