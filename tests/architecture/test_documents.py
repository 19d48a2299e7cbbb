"""What the README and the documents tell people to type exists."""

import re
from pathlib import Path

import pytest

from core.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_documents_exist(document):
    code = "\n".join(re.findall(r"`[^`]+`|```.*?```", document.read_text(), re.DOTALL))

    assert set(re.findall(r"\bcustos ([a-z-]+)\b", code)) <= set(COMMANDS)
    assert set(re.findall(r"\bmake ([a-z]+)\b", code)) <= TARGETS


def test_the_readme_names_every_command_and_target_for_people():
    readme = DOCUMENTS[0].read_text()

    for command in COMMANDS:
        assert f"custos {command}" in readme or f"make {command}" in readme
    for target in ("demo", "serve", "test", "check", "bench"):
        assert f"make {target}" in readme


def test_each_promise_of_the_threat_model_names_a_test_that_exists():
    text = (ROOT / "docs" / "threat-model.md").read_text()
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", text)
    rows = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    promises = [row for row in rows if row != "| promise | held by |"]

    assert named
    assert [row for row in promises if "::test_" not in row] == []
    for file, name in named:
        assert f"def {name}(" in (ROOT / "tests" / file).read_text(), f"{file}::{name} is gone"
