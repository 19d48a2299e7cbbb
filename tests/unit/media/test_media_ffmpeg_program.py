"""Which ffmpeg is run, and that it can be, however it was installed."""

import os
import shutil
from pathlib import Path

import pytest

from core.errors import Misconfigured
from core.media.ffmpeg_program import SETTING, ffmpeg_path, open_ffmpeg
from core.media.sandbox import Child


def output_of(*arguments: str) -> bytes:
    """What the program writes when the launcher becomes it."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as output, open_ffmpeg() as program:
        options = {"program": program.descriptor, "arguments": list(arguments)}
        with Child(
            "core.media.inside.launching:launch",
            options=options,
            program=program.descriptor,
            needs_libraries=program.needs_libraries,
            stdout=writing,
        ) as child:
            os.close(writing)
            child.wait_for_exec()
            text = output.read()
            child.wait()
    return text


def test_by_default_it_is_the_static_one_of_the_wheel():
    assert ffmpeg_path().name.startswith("ffmpeg-linux-")
    with open_ffmpeg() as program:
        assert not program.needs_libraries


def test_the_setting_names_another_by_path_or_by_name(monkeypatch):
    monkeypatch.setenv(SETTING, "/bin/echo")
    assert ffmpeg_path() == Path("/bin/echo")
    monkeypatch.setenv(SETTING, "echo")
    assert ffmpeg_path().name == "echo"


def test_a_setting_that_names_nothing_is_refused(monkeypatch):
    monkeypatch.setenv(SETTING, "/nowhere/ffmpeg")
    with pytest.raises(Misconfigured, match="/nowhere/ffmpeg"):
        ffmpeg_path()


def test_a_program_of_the_system_finds_its_libraries(monkeypatch):
    monkeypatch.setenv(SETTING, "/bin/echo")
    with open_ffmpeg() as program:
        assert program.needs_libraries
    assert output_of("echo", "linked") == b"linked\n"


def test_a_program_that_only_its_owner_may_execute_runs_too(monkeypatch, tmp_path):
    """As installed under a umask of 077, in a folder that the child cannot enter."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    program = folder / "program"
    shutil.copy("/bin/echo", program)
    program.chmod(0o700)
    monkeypatch.setenv(SETTING, str(program))
    assert output_of("program", "found") == b"found\n"


def test_a_script_is_no_program_for_the_sandbox(monkeypatch, tmp_path):
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\necho no\n")
    script.chmod(0o755)
    monkeypatch.setenv(SETTING, str(script))
    with pytest.raises(Exception, match="media child"):
        output_of("script")
