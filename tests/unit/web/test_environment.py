"""Production is configured by the environment, and refuses to start without what it needs."""

import base64
import os
import subprocess
import sys

import pytest

from core.embedded.layout import DataLayout
from core.errors import Misconfigured
from core.web.environment import Environment

REQUIRED = [
    "CUSTOS_ALLOWED_HOSTS",
    "CUSTOS_BROKER_URL",
    "CUSTOS_DATABASE_HOST",
    "CUSTOS_DATABASE_PASSWORD",
    "CUSTOS_LOG_KEY",
    "CUSTOS_RELEASE_KEY",
    "CUSTOS_ROOT_KEK",
    "CUSTOS_SECRET_KEY",
]
KEY = base64.b64encode(bytes(range(32))).decode()


def start(tmp_path, **variables):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CUSTOS_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "-c", "import core.web.settings as s; print(s.DEBUG, s.CACHES and 'up')"],
        env={**clean, "CUSTOS_DATA": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_without_secrets_it_refuses_to_start_and_names_them_all(tmp_path):
    refused = start(tmp_path)
    assert refused.returncode != 0
    last = refused.stderr.strip().splitlines()[-1]
    assert "Misconfigured" in last
    for name in REQUIRED:
        assert name in last


def test_with_all_of_them_it_starts_and_never_in_debug_mode(tmp_path):
    variables = dict.fromkeys(REQUIRED, "x") | {
        name: KEY for name in REQUIRED if name.endswith(("_KEY", "_KEK"))
    }
    started = start(tmp_path, **variables)
    assert started.returncode == 0, started.stderr
    assert started.stdout.split() == ["False", "up"]


@pytest.fixture
def production(tmp_path):
    return Environment(DataLayout(tmp_path), embedded=False)


def test_a_key_is_read_from_a_named_file(production, tmp_path, monkeypatch):
    file = tmp_path / "kek"
    file.write_text(KEY + "\n")
    monkeypatch.setenv("CUSTOS_ROOT_KEK_FILE", str(file))
    assert production.key("CUSTOS_ROOT_KEK", "root_kek") == bytes(range(32))
    production.refuse_if_missing()


def test_a_named_file_that_is_not_there_counts_as_missing(production, tmp_path, monkeypatch):
    monkeypatch.setenv("CUSTOS_ROOT_KEK_FILE", str(tmp_path / "gone"))
    assert production.key("CUSTOS_ROOT_KEK", "root_kek") == b""
    with pytest.raises(Misconfigured, match="CUSTOS_ROOT_KEK"):
        production.refuse_if_missing()


def test_production_never_takes_the_embedded_default_s_key(production, tmp_path):
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "root_kek").write_text(KEY)
    assert production.key("CUSTOS_ROOT_KEK", "root_kek") == b""
    embedded = Environment(DataLayout(tmp_path), embedded=True)
    assert embedded.key("CUSTOS_ROOT_KEK", "root_kek") == bytes(range(32))


@pytest.mark.parametrize(
    ("value", "told"),
    [("not base64!", "not base64"), (base64.b64encode(b"short").decode(), "it has 5")],
)
def test_a_key_that_is_none_is_named_and_not_shown(production, monkeypatch, value, told):
    monkeypatch.setenv("CUSTOS_LOG_KEY", value)
    with pytest.raises(Misconfigured, match=f"CUSTOS_LOG_KEY.*{told}") as caught:
        production.key("CUSTOS_LOG_KEY", "log_signing")
    assert value not in str(caught.value)


def test_former_keys_are_a_list(production, monkeypatch):
    assert production.keys("CUSTOS_FORMER_ROOT_KEKS") == []
    monkeypatch.setenv("CUSTOS_FORMER_ROOT_KEKS", f"{KEY},{KEY}")
    assert production.keys("CUSTOS_FORMER_ROOT_KEKS") == [bytes(range(32))] * 2


def test_a_text_has_its_value_its_default_or_is_missing(production, monkeypatch):
    monkeypatch.setenv("CUSTOS_DATABASE_HOST", "db.example")
    assert production.text("CUSTOS_DATABASE_HOST") == "db.example"
    assert production.text("CUSTOS_DATABASE_PORT", "5432") == "5432"
    assert production.text("CUSTOS_BROKER_URL") == ""
    with pytest.raises(Misconfigured, match="CUSTOS_BROKER_URL"):
        production.refuse_if_missing()
