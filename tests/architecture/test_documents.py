"""What the README and the documents tell people to type exists."""

import base64
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from core.cli.main import COMMANDS
from core.clock import now
from tests.documents import DEMO, DOCUMENTS, ROOT, Block, blocks, run

TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_documents_exist(document):
    code = "\n".join(re.findall(r"`[^`]+`|```.*?```", document.read_text(), re.DOTALL))

    assert set(re.findall(r"\bcustos ([a-z][a-z-]*)\b", code)) <= set(COMMANDS)
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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_each_block_of_commands_is_run_after_the_demo_or_says_why_not(document):
    """Those that are run are run by tests/e2e/test_demo.py, on the data that it leaves.

    Those at a portal: by tests/api/intake/test_client_commands.py, which speaks to a real server.
    """
    for block in blocks(document):
        if not block.is_shell or block.at_a_portal:
            assert not block.at_a_portal or document.name == "api.md", block.place
            continue
        if not block.reason:
            assert block.info in {"sh", "sh fails"}, block.place
            assert "custos " in block.code, block.place
        for file in re.findall(r"tests/[\w/]+", block.reason):
            assert (ROOT / file).exists() or (ROOT / f"{file}.py").exists(), block.place


def test_no_commands_stand_outside_a_fence():
    indented = re.compile(r"^ {4,}(custos|make|\.venv|python) ", re.MULTILINE)
    for document in DOCUMENTS:
        fenced = "\n".join(block.code for block in blocks(document))
        text = document.read_text()
        found = [m[0] for m in indented.finditer(text)]
        assert [line for line in found if line not in fenced] == [], document.name


def test_a_block_that_fails_is_told_apart_from_one_that_must(tmp_path):
    demo = tmp_path / "demo"
    demo.mkdir()
    (demo / "there").touch()
    assert run(Block("a:1", "sh", f"ls {DEMO}/there\n"), demo) == ""
    assert "a:2 ended with" in run(Block("a:2", "sh", f"ls {DEMO}/gone\nls {DEMO}\n"), demo)
    assert run(Block("a:3", "sh fails", f"ls {DEMO}/gone\n"), demo) == ""
    assert "a:4 ended with 0" in run(Block("a:4", "sh fails", f"ls {DEMO}\n"), demo)


def test_links_and_pictures_of_documents_lead_somewhere():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text()):
            if "://" not in target and not target.startswith("/"):
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_pictures_are_few_and_small():
    pictures = list((ROOT / "docs" / "pictures").iterdir())
    assert len(pictures) <= 8
    assert [p.name for p in pictures if p.stat().st_size > 150 * 1024] == []


def test_the_drawn_flows_are_those_of_their_script(tmp_path):
    subprocess.run([sys.executable, ROOT / "tools" / "docs-flows", tmp_path], check=True)
    drawn = {path.name: path.read_text() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text() for path in (ROOT / "docs" / "flows").iterdir()}
    assert drawn == kept
    architecture = (ROOT / "docs" / "architecture.md").read_text()
    assert [name for name in kept if f"(flows/{name})" not in architecture] == []


def test_the_receiver_of_the_api_s_page_takes_our_messages_and_no_others():
    (code,) = [b.code for b in blocks(ROOT / "docs" / "api.md") if b.info == "python webhook"]
    named: dict = {}
    exec(compile(code, "docs/api.md", "exec"), named)
    secret, body = "whsec_" + base64.b64encode(bytes(range(24))).decode(), b'{"type": "test"}'
    other = "whsec_" + base64.b64encode(bytes(24)).decode()

    def headers(at, *secrets):
        signed = [Webhook(one).sign("msg_1", at, body.decode()) for one in secrets]
        return {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signed),
        }

    taken = named["message_of"]
    assert taken(headers(now(), secret), body, secret) == body
    assert taken(headers(now(), other, secret), body, secret) == body
    for sent, text in (
        (headers(now(), other), body),
        (headers(now(), secret), body + b" "),
        (headers(now() - timedelta(minutes=6), secret), body),
    ):
        with pytest.raises(ValueError, match=r"signed|old"):
            taken(sent, text, secret)
