"""`custos verify` as a person runs it: in a process of its own, with no server near."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from core.audit.command import verify

from .logs import KEY, MemoryLog, body_of, log_of

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import sys
from core.cli.main import main
try:
    main()
finally:
    known = {"django", "psycopg", "celery"} & set(sys.modules)
    assert not known, f"the verifier imports {known}"
"""


@pytest.fixture
def run(folder, monkeypatch):
    """Run `custos verify` in this process, in the folder with the files."""
    app = typer.Typer()
    app.command()(verify)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.fixture
def folder(tmp_path):
    log = log_of(12)
    (tmp_path / "log.bundle").write_bytes(log.complete(5))
    (tmp_path / "kept.checkpoint").write_text(log.checkpoint(7))
    (tmp_path / "log.key").write_text(f"{KEY}\n")
    forged = MemoryLog([body_of(99), *log.bodies[1:]])
    (tmp_path / "forged.bundle").write_bytes(forged.complete(5))
    return tmp_path


def test_a_bundle_verifies_in_a_process_with_neither_database_nor_django(folder):
    arguments = ["verify", "log.bundle", "--key", str(KEY), "--since", "kept.checkpoint"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "TERM": "dumb", "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    assert "Verified." in done.stdout
    assert "The log extends the checkpoint that was kept (1)" in done.stdout


def test_without_a_kept_checkpoint_the_limit_of_the_proof_is_told(run):
    done = run("forged.bundle", "--key", "log.key")
    assert done.exit_code == 0
    assert "--since CHECKPOINT" in done.output


def test_a_rewritten_log_ends_with_code_1_and_names_the_step(run):
    done = run("forged.bundle", "--key", "log.key", "--since", "kept.checkpoint")
    assert done.exit_code == 1
    assert "Not verified." in done.output
    assert "history was changed" in done.output


def test_json_names_the_entry(folder, run):
    data = (folder / "log.bundle").read_bytes().replace(b'"n":6', b'"n":7')
    (folder / "bent.bundle").write_bytes(data)
    done = run("bent.bundle", "--key", "log.key", "--json")
    assert done.exit_code == 1
    report = json.loads(done.output)
    assert not report["ok"]
    leaves = next(step for step in report["steps"] if step["step"] == "leaves")
    assert leaves["failures"][0].startswith("Entry 6 ")
    shown = run("bent.bundle", "--key", "log.key")
    assert "Entry 6 (line" in shown.output


@pytest.mark.parametrize("key", ["log.bundle", "absent.key", f"{KEY}AAAA", "kept.checkpoint"])
def test_a_key_that_is_none_is_a_usage_error(run, key):
    done = run("log.bundle", "--key", key)
    assert done.exit_code == 2
    assert "--key" in done.output


def test_more_failures_than_fit_are_counted(folder, run):
    data = log_of(30).complete().replace(b'"n":', b'"m":')
    (folder / "bent.bundle").write_bytes(data)
    done = run("bent.bundle", "--key", "log.key")
    assert "and 10 more" in done.output
