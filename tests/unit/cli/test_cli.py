"""The `custos` command: quick to list, and no Django where no server is needed."""

import os
import subprocess
import sys
from importlib import import_module

import pytest

from core.cli.main import ANYWHERE, COMMANDS, main
from core.errors import Conflict

SERVER_FREE = [name for name, command in COMMANDS.items() if command.panel == ANYWHERE]


def custos(*arguments: str, then: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own; `then` is run with what it left imported."""
    script = f"""
import atexit, sys
sys.argv = ["custos", *{arguments!r}]
atexit.register(lambda: exec({then!r}))
from core.cli.main import main
main()
"""
    return subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


IMPORTED = "import sys; print('imported:', sorted({'django', 'numpy'} & set(sys.modules)))"


def test_help_names_every_command_and_imports_none():
    shown = custos("--help", then=IMPORTED)

    assert shown.returncode == 0
    for name, command in COMMANDS.items():
        assert name in shown.stdout
        assert command.summary in shown.stdout
    assert "imported: []" in shown.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_exists_and_explains_itself(name):
    shown = custos(name, "--help", then="import sys; print('django' in sys.modules)")

    assert shown.returncode == 0, shown.stderr
    assert f"Usage: custos {name}" in shown.stdout
    module, function = COMMANDS[name].target.split(":")
    assert getattr(import_module(module), function).__doc__
    if name in SERVER_FREE:  # these do without Django
        assert shown.stdout.rstrip().endswith("False")


def test_a_missing_argument_is_a_usage_error():
    refused = custos("verify")

    assert refused.returncode == 2
    assert "Missing argument" in refused.stderr


def test_an_unknown_command_is_a_usage_error():
    refused = custos("nonsense")

    assert refused.returncode == 2
    assert "nonsense" in refused.stderr


def test_an_error_of_ours_is_one_line_and_exit_code_2(monkeypatch, capsys):
    def refuse(layout: object, **options: object) -> None:
        raise Conflict("Custos already runs [on] this folder.")

    monkeypatch.setattr("core.supervisor.command.run", refuse)
    monkeypatch.setattr(sys, "argv", ["custos", "up", "--port", "0"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert capsys.readouterr().err == "Custos already runs [on] this folder.\n"


def test_help_in_this_process_exits_cleanly(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["custos", "--help"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 0
    assert "custos" in capsys.readouterr().out
