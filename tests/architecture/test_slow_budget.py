"""Slow tests within a budget: what fits is run, shortest first; what does not is named."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUITE = """
import pathlib, pytest

@pytest.mark.slow(seconds=5000)
def test_long():
    pathlib.Path("long").touch()

@pytest.mark.slow(seconds=300)
def test_middling():
    pathlib.Path("order").open("a").write("middling ")

@pytest.mark.slow(seconds=1)
def test_short():
    pathlib.Path("order").open("a").write("short ")
    assert not pathlib.Path("break").exists()

@pytest.mark.slow
def test_unstated():
    pathlib.Path("unstated").touch()

def test_quick():
    pathlib.Path("order").open("a").write("quick ")
"""


@pytest.fixture
def run(tmp_path):
    """Run the suite in a folder of its own; gives the exit code and what was said."""
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = slow\n")

    def run_it(*options):
        command = [sys.executable, "-m", "pytest", "-p", "tests.plugins.slow_budget", *options]
        kept = {"PYTHONPATH": str(ROOT), "PATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run(
            command, cwd=tmp_path, env=kept, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    return run_it


def until(seconds):
    return f"--until={int(time.time()) + seconds}"


def test_what_does_not_fit_is_not_begun_and_is_named(run, tmp_path):
    code, said = run(until(450))
    assert code == 0
    assert (tmp_path / "order").read_text() == "quick short middling "
    assert not (tmp_path / "long").exists()
    assert not (tmp_path / "unstated").exists(), "it is taken for ten minutes"
    assert "slow, NOT run for want of time: test_suite.py::test_long (5000 s)" in said
    assert "slow, run: test_suite.py::test_short (1 s)" in said


def test_after_the_end_nothing_slow_is_begun_and_the_rest_is(run, tmp_path):
    code, said = run(until(-1))
    assert code == 0
    assert (tmp_path / "order").read_text() == "quick "
    assert said.count("NOT run for want of time") == 4


def test_what_is_begun_counts(run, tmp_path):
    (tmp_path / "break").touch()
    code, _ = run(until(450))
    assert code == 1


def test_without_a_budget_all_are_run(run, tmp_path):
    code, said = run()
    assert code == 0
    assert (tmp_path / "long").exists()
    assert (tmp_path / "unstated").exists()
    assert "want of time" not in said
