"""`custos witness` against a real server: honest growth, and every way to contradict oneself."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from core.audit import notes
from core.audit.cosignatures import WitnessKey, cosign, open_cosignature
from core.audit.notes import Checkpoint, NoteInvalid, VerifierKey, open_checkpoint
from core.audit.tree import latest_checkpoint, log_signer, verifier_key
from core.audit.witness_command import witness
from core.crypto.signing import Signer
from core.errors import Invalid, Unavailable
from core.tenancy.scope import scope
from tests.api.compliance.conftest import token_of
from tests.api.compliance.test_log_api import drain, write

ROOT = Path(__file__).resolve().parents[3]
NAME = "witness.harbour.example/w1"
PROGRAM = """
import sys
from core.cli.main import main
try:
    main()
finally:
    known = {"django", "psycopg", "celery"} & set(sys.modules)
    assert not known, f"the witness imports {known}"
"""


@pytest.fixture
def harbour(cast_here):
    write(cast_here.harbour, 3)
    drain()
    return cast_here.harbour


@pytest.fixture
def arguments(harbour, server, cast_here, monkeypatch):
    """What every run is told; the token comes from the environment."""
    monkeypatch.setenv("CUSTOS_TOKEN", token_of(cast_here.clara, harbour))
    key = str(verifier_key(harbour.id))
    return ["--tenant=harbour", f"--url={server}", f"--key={key}", f"--name={NAME}", "--json"]


@pytest.fixture
def run(arguments, tmp_path, monkeypatch):
    """Run `custos witness` in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(witness)
    return lambda *more: CliRunner().invoke(app, [*arguments, *more])


def test_it_runs_with_neither_settings_nor_database(arguments, harbour, tmp_path):
    near = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
    near |= {"PYTHONPATH": str(ROOT), "CUSTOS_EMBEDDED": "", "CUSTOS_DATA": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, "witness", *arguments],
        cwd=tmp_path, env=near, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["size"] == newest(harbour).size


def newest(tenant):
    with scope(tenant.id):
        return latest_checkpoint()


def keep(folder, tenant, size, root):
    """Let the witness have kept a checkpoint that the log's own key signed."""
    head = Checkpoint(verifier_key(tenant.id).name, size, root)
    (folder / "witness" / "checkpoint").write_text(notes.sign_checkpoint(head, log_signer()))


def test_honest_growth_is_cosigned_and_shown(run, harbour, cast_here, api, tmp_path):
    first = run("--send")
    assert first.exit_code == 0, first.output
    seen = json.loads(first.stdout)
    assert (seen["before"], seen["size"]) == (None, newest(harbour).size)
    assert (tmp_path / "witness/witness.key").stat().st_mode & 0o777 == 0o600

    write(cast_here.harbour, 5)
    drain()
    again = run("--send")
    assert again.exit_code == 0, again.output
    grown = json.loads(again.stdout)
    assert grown["before"] == seen["size"] < grown["size"]
    assert grown["key"] == seen["key"]

    # The kept note holds both signatures, and the portal shows the cosignature to the client.
    kept = (tmp_path / "witness/checkpoint").read_text()
    head = open_checkpoint(kept, verifier_key(harbour.id))
    line = kept.splitlines(keepends=True)[-1]
    assert open_cosignature(line, head, WitnessKey.parse(grown["key"])) > 0
    shown = api(cast_here.clara).get("/api/v1/t/harbour/log/checkpoints?limit=1000").json()
    by_size = {row["size"]: row["cosignatures"] for row in shown["results"]}
    assert by_size[grown["size"]] == [line.rstrip("\n")]
    assert len(by_size[seen["size"]]) == 1


@pytest.mark.parametrize(
    ("size", "root", "told"),
    [
        (-1, b"r" * 32, "was rewritten"),
        (0, b"r" * 32, "There are two logs of"),
        (7, b"r" * 32, "went back"),
    ],
)
def test_a_log_that_contradicts_what_was_kept_is_found_and_the_evidence_stays(
    run, harbour, tmp_path, size, root, told
):
    assert run().exit_code == 0
    write(harbour, 2)
    drain()
    assert run().exit_code == 0
    with scope(harbour.id):
        sizes = [row.size for row in notes_of(harbour)]
    keep(tmp_path, harbour, sizes[-2] if size < 0 else sizes[-1] + size, root)
    kept = (tmp_path / "witness/checkpoint").read_text()

    found = run("--send")

    assert found.exit_code == 1
    assert told in json.loads(found.stdout)["why"]
    (evidence,) = (tmp_path / "witness/evidence").iterdir()
    assert (evidence / "kept").read_text() == kept
    assert (evidence / "fetched").read_text() == newest(harbour).note
    assert told in (evidence / "why").read_text()
    # It cosigns nothing more: what it kept stays what it was.
    assert (tmp_path / "witness/checkpoint").read_text() == kept


def notes_of(tenant):
    from core.audit.models import Checkpoint as Row

    return list(Row.objects.order_by("size"))


def test_a_checkpoint_that_the_log_denies_is_found(run, harbour, tmp_path):
    """Kept and signed, but the portal has no checkpoint of this size any more."""
    assert run().exit_code == 0
    write(harbour, 4)
    drain()
    with scope(harbour.id):
        sizes = {row.size for row in notes_of(harbour)}
    gone = next(size for size in range(1, max(sizes)) if size not in sizes)
    keep(tmp_path, harbour, gone, b"r" * 32)
    found = run()
    assert found.exit_code == 1
    assert "denies the checkpoint" in json.loads(found.stdout)["why"]


def test_a_log_of_another_key_is_found(run, harbour):
    other = VerifierKey(verifier_key(harbour.id).name, Signer.generate().public_key)
    found = run(f"--key={other}")
    assert found.exit_code == 1
    assert "no signature of" in json.loads(found.stdout)["why"]


def test_a_portal_that_does_not_answer_is_no_contradiction(run, tmp_path):
    assert run().exit_code == 0
    away = run("--url=http://127.0.0.1:9")
    assert isinstance(away.exception, Unavailable)
    assert "does not answer" in str(away.exception)
    assert not (tmp_path / "witness/evidence").exists()


def test_a_key_that_others_can_read_is_refused(run, tmp_path):
    assert run().exit_code == 0
    (tmp_path / "witness/witness.key").chmod(0o644)
    refused = run().exception
    assert isinstance(refused, Invalid)
    assert "mode 0600" in refused.message


# The portal's side


def hand_in(client, **body):
    return client.post("/api/v1/t/harbour/log/cosignatures", body, format="json")


def test_only_a_cosignature_that_verifies_is_kept(harbour, cast_here, api):
    clara, row, signer = api(cast_here.clara), newest(harbour), Signer.generate()
    head = open_checkpoint(row.note, verifier_key(harbour.id))
    good = cosign(head, name=NAME, signer=signer, seconds=1_800_000_000)
    key = str(WitnessKey(NAME, signer.public_key))
    stranger = str(WitnessKey(NAME, Signer.generate().public_key))
    other = cosign(
        Checkpoint(head.origin, head.size, b"x" * 32), name=NAME, signer=signer, seconds=1
    )
    for body in (
        {"key": stranger, "signature": good},
        {"key": key, "signature": other},
        {"key": key, "signature": good[:-8]},
        {"key": "no key", "signature": good},
    ):
        assert hand_in(clara, size=row.size, **body).status_code == 400
    assert hand_in(clara, size=10**9, key=key, signature=good).status_code == 404
    for _ in range(2):
        assert hand_in(clara, size=row.size, key=key, signature=good).status_code == 201
    assert hand_in(api(cast_here.vera), size=row.size, key=key, signature=good).status_code == 403
    assert hand_in(api(cast_here.mila), size=row.size, key=key, signature=good).status_code == 404
    page = api(cast_here.clara).get(f"/api/v1/t/harbour/log/checkpoints?after={row.size - 1}")
    assert page.json()["results"][0]["cosignatures"] == [good.rstrip("\n")]


# The format: the example of c2sp.org/tlog-cosignature


def test_the_published_example_has_the_form_and_the_time_that_it_says():
    line = (
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dl"
        "rDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    stamped = base64.b64decode(line.split(" ")[2])
    assert len(stamped) == 4 + 8 + 64
    assert int.from_bytes(stamped[4:12], "big") == 1679315147
    head = Checkpoint("example.com/behind-the-sofa", 20852163, b"r" * 32)
    signer = Signer.from_seed(b"w" * 32)
    ours = cosign(head, name="witness.example.com/w1", signer=signer, seconds=1679315147)
    made = base64.b64decode(ours.split(" ")[2])
    assert (len(made), made[4:12]) == (len(stamped), stamped[4:12])
    key = WitnessKey("witness.example.com/w1", signer.public_key)
    assert open_cosignature(ours, head, key) == 1679315147
    assert WitnessKey.parse(str(key)) == key
    later = Checkpoint(head.origin, head.size + 1, head.root)
    with pytest.raises(NoteInvalid, match="does not fit"):
        open_cosignature(ours, later, key)
    with pytest.raises(Invalid):
        cosign(head, name="two words", signer=signer, seconds=1)
