"""Our checkpoints and inclusion proofs, held by a verifier that we did not write.

It is Sigstore's (npm `@sigstore/verify`, a development dependency of the frontend; Node runs it).
It checks the note's signature and the inclusion proof. Sigstore has no consistency proofs: those
are held by a naive reading of RFC 6962 and by published answers (test_merkle.py).
"""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from core.audit.merkle import leaf_hash
from core.audit.notes import Checkpoint, sign_checkpoint
from core.crypto.signing import Signer

from .logs import KEY, SIGNER, log_of

FRONTEND = Path(__file__).resolve().parents[3] / "frontend"
# RFC 8410: what stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo.
SPKI = bytes.fromhex("302a300506032b6570032100")


@pytest.fixture(scope="module")
def verifier():
    """Ask Sigstore's verifier; gives "verified" or its error's code."""
    node = shutil.which("node")
    if node is None or not (FRONTEND / "node_modules/@sigstore/verify").is_dir():
        message = "needs Node and `npm ci` in frontend/"
        if os.environ.get("CUSTOS_STRICT") == "1":
            pytest.fail(message)
        pytest.skip(message)

    def ask(given):
        done = subprocess.run(
            [node, "test/tlog_verifier.cjs"],
            cwd=FRONTEND, input=json.dumps(given), capture_output=True, text=True, timeout=60,
            check=True,
        )  # fmt: skip
        return done.stdout.strip()

    return ask


def text(data):
    return base64.b64encode(data).decode()


def given(log, position, **changed):
    return {
        "entry": text(log.bodies[position]),
        "index": position,
        "size": len(log.bodies),
        "root": text(Checkpoint.parse(log.checkpoint().partition("\n\n")[0] + "\n").root),
        "proof": [text(digest) for digest in log.inclusion(position)],
        "checkpoint": log.checkpoint(),
        "keyId": text(KEY.key_id + bytes(28)),
        "spki": text(SPKI + KEY.public_key),
        "origin": KEY.name,
        **changed,
    }


@pytest.mark.parametrize(("size", "index"), [(1, 0), (2, 1), (7, 6), (11, 4), (256, 255), (300, 8)])
def test_sigstore_verifies_our_checkpoints_and_proofs(verifier, size, index):
    assert verifier(given(log_of(size), index)) == "verified"


def test_sigstore_refuses_what_was_changed(verifier):
    log = log_of(11)
    other = sign_checkpoint(Checkpoint(KEY.name, 11, leaf_hash(b"x")), SIGNER)
    forged = sign_checkpoint(Checkpoint(KEY.name, 11, b"r" * 32), Signer.from_seed(b"x" * 32))
    proof = [text(digest) for digest in log.inclusion(4)]
    for changed in (
        {"entry": text(log.bodies[5])},
        {"index": 5},
        {"proof": proof[:-1]},
        {"proof": [*proof[1:], proof[0]]},
        {"checkpoint": other},
        {"checkpoint": forged},
        {"checkpoint": log.checkpoint().replace("\n11\n", "\n12\n", 1)},
        {"spki": text(SPKI + Signer.from_seed(b"x" * 32).public_key)},
    ):
        assert verifier(given(log, 4, **changed)) == "TLOG_INCLUSION_PROOF_ERROR", changed
