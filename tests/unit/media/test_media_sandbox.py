"""A child that has been taken over reaches nothing, and its death never hurts the parent."""

import io
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import IntegrityFailed
from core.media import sandbox
from core.media.errors import MediaFailed, MediaTimedOut, SandboxUnavailable
from core.media.ffmpeg_program import open_ffmpeg
from core.media.sandbox import Child, Limits

HERE = "tests.unit.media.hostile"
LIMITS_STAND = "raise its own limits"  # refused by the C library's check, as a ValueError


def ask(function: str, *, source=None, limits=None, **options):
    """The last message of a child that does one thing."""
    with Child(f"{HERE}:{function}", source=source, options=options, limits=limits) as child:
        final = [message for message in child.messages() if message.last]
        return final[0].value


def test_a_child_gets_its_options_and_reads_the_source_through_the_parent():
    told = ask("echo", source=io.BytesIO(b"clip and more"), words="größer")
    assert told == {"words": "größer", "size": 13, "head": "clip"}


def test_a_source_of_many_blocks_arrives_whole():
    assert ask("read_all", source=io.BytesIO(os.urandom(3_000_001)))["size"] == 3_000_001


def test_nothing_outside_can_be_reached(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("key")
    secret.chmod(0o644)
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        outcomes = ask(
            "reach_out",
            secret=str(secret),
            folder=str(folder),
            port=server.getsockname()[1],
            victim=os.getpid(),
        )
        with pytest.raises(TimeoutError):
            server.accept()
    assert outcomes.pop(LIMITS_STAND) == "ValueError"
    assert {what: how for what, how in outcomes.items() if how != "PermissionError"} == {}
    assert secret.read_text() == "key"
    assert list(folder.iterdir()) == []


def test_a_thread_of_the_child_is_bound_too(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("key")
    assert ask("try_on_a_thread", secret=str(secret)) == {"thread": "PermissionError"}


def test_an_import_that_starts_a_thread_is_noticed_before_any_input():
    source = io.BytesIO(b"never read")
    with (
        Child("tests.unit.media.crowded:work", source=source) as child,
        pytest.raises(SandboxUnavailable, match="more than one thread"),
    ):
        list(child.messages())
    assert source.tell() == len(b"never read")  # its size was taken, and nothing else


def test_the_child_starts_with_nothing_of_ours(monkeypatch):
    monkeypatch.setenv("CUSTOS_ROOT_KEK", "do not tell")
    with Path(os.devnull).open("rb") as ours:
        os.set_inheritable(ours.fileno(), True)
        told = ask("tell_about_itself")
    assert [name for name in told["environment"] if not name.endswith("NUM_THREADS")] in (
        [],
        ["LC_CTYPE"],  # CPython sets it for itself in the C locale
    )
    # Standard input, output and error, and the line to the parent.
    assert len(told["descriptors"]) == 4
    assert told["limits"] == {
        "AS": Limits().memory_bytes,
        "CPU": Limits().cpu_seconds,
        "CORE": 0,
        "FSIZE": 1 << 20,
        "NOFILE": Limits().open_files,
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has an identity to drop")
def test_root_is_dropped_for_a_number_that_nobody_uses():
    import pwd

    uid = ask("tell_about_itself")["uid"]
    assert 61000 <= uid < 61184
    assert uid not in {entry.pw_uid for entry in pwd.getpwall()}


def test_time_is_limited_on_the_clock():
    with pytest.raises(MediaTimedOut, match="longer than 1"):
        ask("never_end", limits=Limits(wall_seconds=1))


def test_time_is_limited_on_the_processor():
    with pytest.raises(MediaTimedOut, match="processor"):
        ask("burn", limits=Limits(cpu_seconds=1))


def test_memory_is_limited():
    with pytest.raises(MediaFailed, match="memory limit"):
        ask("fill_memory", limits=Limits(memory_bytes=512 << 20))


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("die", "SIGSEGV"),
        ("quit_silently", "exit code 3"),
        ("fail", "a codec fell over"),
        ("talk_too_much", "beyond all limits"),
        ("talk_nonsense", "no known kind"),
        ("send_no_json", "cannot be read"),
        ("refuse_without_reason", "no known kind"),
        ("ask_for_everything", "no use for"),
    ],
)
def test_a_child_that_breaks_or_lies_is_an_error_for_its_caller_only(function, words):
    with pytest.raises(MediaFailed, match=words):
        ask(function, source=io.BytesIO(b"clip"))


def test_error_text_cannot_fill_the_machine():
    assert ask("write_much_to_stderr")["stopped"] == "OSError"


def test_leaving_early_kills_the_child():
    with Child(f"{HERE}:never_end") as child:
        pid = child.pid
    assert not Path(f"/proc/{pid}").exists()


def test_a_child_dies_with_its_parent():
    program = (
        "import sys, time; from core.media.sandbox import Child; "
        f"child = Child('{HERE}:never_end'); next(child.messages()); "
        "print(child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 30
    while not is_gone(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Dead, even if its new parent has not read the news yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_what_the_source_raises_reaches_the_caller():
    class Tampered(io.BytesIO):
        def read(self, size=-1, /):
            raise IntegrityFailed("segment 0 does not authenticate")

    with pytest.raises(IntegrityFailed, match="segment 0"):
        ask("read_all", source=Tampered(b"12345"))


def test_a_kernel_without_landlock_is_refused_unless_allowed(monkeypatch):
    # The child reads its settings from the parent; a boot hook stands in for an older kernel.
    old_kernel = sandbox._BOOTSTRAP.replace(
        "from core.media.inside.main",
        "import core.media.inside.confine as c; c.landlock_version = lambda: 0; "
        "from core.media.inside.main",
    )
    monkeypatch.setattr(sandbox, "_BOOTSTRAP", old_kernel)
    with pytest.raises(SandboxUnavailable, match="CUSTOS_ALLOW_NO_LANDLOCK"):
        ask("echo", words="")
    monkeypatch.setenv("CUSTOS_ALLOW_NO_LANDLOCK", "1")
    assert ask("echo", source=io.BytesIO(b"data"), words="")["head"] == "data"


def test_without_landlock_the_other_walls_still_stand(monkeypatch, tmp_path):
    old_kernel = sandbox._BOOTSTRAP.replace(
        "from core.media.inside.main",
        "import core.media.inside.confine as c; c.landlock_version = lambda: 0; "
        "from core.media.inside.main",
    )
    monkeypatch.setattr(sandbox, "_BOOTSTRAP", old_kernel)
    monkeypatch.setenv("CUSTOS_ALLOW_NO_LANDLOCK", "1")
    secret = tmp_path / "secret"
    secret.write_text("key")
    told = ask("reach_out", secret=str(secret), folder=str(tmp_path), port=9, victim=os.getpid())
    assert told.pop(LIMITS_STAND) == "ValueError"
    assert set(told.values()) == {"PermissionError"}


def test_the_launcher_may_execute_ffmpeg_and_nothing_else(tmp_path):
    read_end, write_end = os.pipe()
    with open_ffmpeg() as program:
        child = Child(
            "core.media.inside.launching:launch",
            options={"program": program.descriptor, "arguments": ["ffmpeg", "-version"]},
            program=program.descriptor,
            needs_libraries=program.needs_libraries,
            stdout=write_end,
        )
    with child:
        os.close(write_end)
        child.wait_for_exec()
        with os.fdopen(read_end, "rb") as output:
            assert output.read().startswith(b"ffmpeg version")
        child.wait()


def run_ffmpeg(*arguments: str) -> str:
    """What sandboxed ffmpeg says when it is asked for something that it may not do."""
    with open_ffmpeg() as program:
        child = Child(
            "core.media.inside.launching:launch",
            options={
                "program": program.descriptor,
                "arguments": ["ffmpeg", "-nostdin", "-v", "error", *arguments],
            },
            program=program.descriptor,
            needs_libraries=program.needs_libraries,
        )
    with child:
        child.wait_for_exec()
        with pytest.raises(MediaFailed):
            child.wait()
        return child.error_text()


def test_ffmpeg_reads_and_writes_no_file_and_reaches_no_network(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("key")
    secret.chmod(0o644)
    tmp_path.chmod(0o777)
    out = tmp_path / "out"
    source = ["-f", "lavfi", "-i", "color=d=0.1"]
    assert "denied" in run_ffmpeg("-f", "data", "-i", str(secret), "-f", "null", "-")
    assert "denied" in run_ffmpeg(*source, "-f", "mpegts", "-y", str(out))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        assert run_ffmpeg("-i", f"http://127.0.0.1:{port}/x", "-f", "null", "-")
        with pytest.raises(TimeoutError):
            server.accept()
    assert not out.exists()


def test_waiting_counts_only_while_the_parent_waits():
    with Child(f"{HERE}:echo", options={"words": ""}, limits=Limits(wall_seconds=5)) as child:
        before = child.patience
        time.sleep(0.3)  # the parent is busy with something else
        assert child.patience == before
        assert list(child.messages())[-1].last
