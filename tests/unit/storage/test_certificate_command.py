"""`custos certificate`: checks without a server, and finds copies of what was erased."""

import base64
import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import typer
from typer.testing import CliRunner

from core.crypto.signing import Signer
from core.storage import command
from core.storage.certificate import certify
from core.storage.erasure import ErasedObject

CIPHERTEXT = b"ciphertext of a clip" * 100


@pytest.fixture
def signer():
    return Signer.generate()


@pytest.fixture
def certificate(signer, tmp_path):
    digest = hashlib.sha256(CIPHERTEXT).hexdigest()
    gone = ErasedObject(uuid4(), "source", 2000, digest, datetime(2026, 3, 1, tzinfo=UTC))
    path = tmp_path / "erasure.json"
    path.write_bytes(
        certify(
            tenant=uuid4(),
            erased=[gone],
            subject={"clip": "c1", "reason": "retention"},
            kept=["labels without pictures"],
            signer=signer,
        )
    )
    return path


def text_of(signer):
    return base64.b64encode(signer.public_key).decode()


def run(*arguments):
    app = typer.Typer()
    app.command()(command.certificate)
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_it_says_what_is_covered_and_what_is_not(certificate, signer, tmp_path):
    key = tmp_path / "key"
    key.write_text(text_of(signer) + "\n")
    for given in (text_of(signer), key):
        result = run(certificate, "--key", given)
        assert result.exit_code == 0, result.output
        for words in ("source, 2,000 bytes", "Not covered before 2026-04-05: backups", "Kept: lab"):
            assert words in result.output
        assert result.output.endswith("Verified.\n")


def test_a_changed_certificate_or_another_key_is_refused(certificate, signer):
    assert run(certificate, "--key", text_of(Signer.generate())).exit_code == 1
    certificate.write_bytes(certificate.read_bytes().replace(b"retention", b"detention"))
    result = run(certificate, "--key", text_of(signer))
    assert result.exit_code == 1
    assert "Not verified." in result.output


@pytest.mark.parametrize("key", ["nowhere", "AAAA"])
def test_a_key_that_is_none_is_said(certificate, tmp_path, key):
    short = tmp_path / "AAAA"
    short.write_text("AAAA")
    assert run(certificate, "--key", short if key == "AAAA" else key).exit_code == 2


def test_a_backup_is_searched_for_copies(certificate, signer, tmp_path):
    backup = tmp_path / "backup" / "objects"
    backup.mkdir(parents=True)
    (backup / "other").write_bytes(b"something else")
    clean = run(certificate, "--key", text_of(signer), "--search", backup.parent)
    assert clean.exit_code == 0
    (backup / "renamed").write_bytes(CIPHERTEXT)
    found = run(certificate, "--key", text_of(signer), "--search", backup.parent, "--json")
    assert found.exit_code == 1
    assert json.loads(found.output)["copies"] == [str(backup / "renamed")]
    named = run(certificate, "--key", text_of(signer), "--search", backup / "renamed")
    assert "Copies are left." in named.output


def test_it_needs_no_django(certificate, signer):
    arguments = ["custos", "certificate", str(certificate), "--key", text_of(signer)]
    program = (
        f"import sys; from core.cli.main import main\nsys.argv = {arguments!r}\n"
        "try:\n    main()\nfinally:\n    print('django' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith("Verified.\nFalse\n"), done.stdout + done.stderr
