"""A child that has been taken over reaches nothing, and its death never hurts the parent."""

import errno
import io
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import CustosError, IntegrityFailed
from core.media import sandbox
from core.media.errors import MediaFailed, MediaTimedOut, SandboxUnavailable
from core.media.ffmpeg_program import open_ffmpeg
from core.media.sandbox import Child, Limits
from tests.unit.media.ordinary import (
    OLD_KERNEL,
    ask_as_ordinary_user,
    run_ffmpeg_as_ordinary_user,
)

HERE = "tests.unit.media.hostile"
LIMITS_STAND = "raise its own limits"  # refused by the C library's check, as a ValueError
ON_X86_64 = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="system calls are named by their numbers of x86-64"
)


def ask(function: str, *, source=None, limits=None, **options):
    """The last message of a child that does one thing."""
    with Child(f"{HERE}:{function}", source=source, options=options, limits=limits) as child:
        final = [message for message in child.messages() if message.last]
        return final[0].value


@pytest.fixture(params=["whoever runs the tests", "an ordinary user"])
def ask_as(request, monkeypatch):
    """Asks a child as this user, and as an ordinary one where the tests run as root."""

    def as_ourselves(function, *, landlock=True, limits=None, **options):
        if not landlock:
            monkeypatch.setattr(sandbox, "_BOOTSTRAP", OLD_KERNEL)
            monkeypatch.setenv(sandbox.ALLOW_NO_LANDLOCK, "1")
        try:
            return ask(function, source=io.BytesIO(b"clip"), limits=limits, **options)
        except CustosError as error:
            return {"failed": str(error)}

    def as_ordinary_user(function, *, landlock=True, limits=None, **options):
        said = ask_as_ordinary_user(
            f"{HERE}:{function}", options=options, limits=limits, landlock=landlock
        )
        assert said.pop("stranger", "PermissionError") == "PermissionError"
        return said

    if request.param == "whoever runs the tests":
        return as_ourselves
    if os.geteuid() != 0:
        pytest.skip("the tests run as an ordinary user already")
    return as_ordinary_user


@pytest.fixture
def neighbourhood():
    """A file, an open folder, a port and a database's socket that everybody may reach."""
    with tempfile.TemporaryDirectory() as name, closing(socket.socket(socket.AF_UNIX)) as database:
        home = Path(name)
        home.chmod(0o755)
        secret, folder = home / "secret", home / "open"
        secret.write_text("key")
        secret.chmod(0o644)
        folder.mkdir()
        folder.chmod(0o777)
        database.bind(str(folder / "database"))
        (folder / "database").chmod(0o777)
        database.listen()
        database.settimeout(0.2)
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(0.2)
            port = server.getsockname()[1]
            yield {"secret": str(secret), "folder": str(folder), "port": port}
            for listener in (server, database):
                with pytest.raises(TimeoutError):
                    listener.accept()
        assert secret.read_text() == "key"
        assert [path.name for path in folder.iterdir()] == ["database"]


def test_a_child_gets_its_options_and_reads_the_source_through_the_parent():
    told = ask("echo", source=io.BytesIO(b"clip and more"), words="größer")
    assert told == {"words": "größer", "size": 13, "head": "clip"}


def test_a_source_of_many_blocks_arrives_whole():
    assert ask("read_all", source=io.BytesIO(os.urandom(3_000_001)))["size"] == 3_000_001


@ON_X86_64
@pytest.mark.parametrize("landlock", [True, False], ids=["landlock", "no-landlock"])
def test_nothing_outside_can_be_reached(ask_as, neighbourhood, landlock):
    """Without Landlock (the operator accepted it) the other walls still stand."""
    outcomes = ask_as("reach_out", landlock=landlock, **neighbourhood)
    assert outcomes.pop(LIMITS_STAND) == "ValueError"
    assert {what: how for what, how in outcomes.items() if how != "PermissionError"} == {}
    assert len(outcomes) > 70


@pytest.mark.parametrize("landlock", [True, False], ids=["landlock", "no-landlock"])
def test_a_thread_of_the_child_is_bound_too(ask_as, neighbourhood, landlock):
    said = ask_as("try_on_a_thread", landlock=landlock, secret=neighbourhood["secret"])
    assert said == {"thread": "PermissionError"}


@ON_X86_64
def test_the_new_way_to_fork_does_not_exist(ask_as):
    assert ask_as("new_way_to_fork") == {"errno": errno.ENOSYS}


@ON_X86_64
@pytest.mark.parametrize("function", ["call_as_x32", "call_as_32_bit"])
def test_a_system_call_of_another_architecture_is_the_childs_last(ask_as, function):
    """Their numbers mean other calls: a filter that knew one table only would let them through."""
    assert "SIGSYS" in ask_as(function)["failed"]


def test_threads_are_limited(ask_as):
    started = ask_as("breed_threads", limits=Limits(memory_bytes=64 << 30))["started"]
    assert 64 <= started < 10_000


def test_an_endless_supply_of_memory_is_refused(ask_as):
    said = ask_as("fill_memory", limits=Limits(memory_bytes=512 << 20))
    assert "memory limit" in said["failed"]


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
    assert told["limits"].pop("NPROC") > 0
    assert told["limits"] == {
        "AS": Limits().memory_bytes,
        "CPU": Limits().cpu_seconds,
        "CORE": 1,  # too little for a file, and the one number that also stops a piped core
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
        ("read_far_away", "no use for"),
        ("flood_with_words", "beyond all limits"),
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
    monkeypatch.setattr(sandbox, "_BOOTSTRAP", OLD_KERNEL)
    with pytest.raises(SandboxUnavailable, match="CUSTOS_ALLOW_NO_LANDLOCK"):
        ask("echo", words="")
    monkeypatch.setenv("CUSTOS_ALLOW_NO_LANDLOCK", "1")
    assert ask("echo", source=io.BytesIO(b"data"), words="")["head"] == "data"


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


@pytest.mark.skipif(os.geteuid() != 0, reason="the tests run as an ordinary user already")
def test_an_ordinary_users_ffmpeg_reaches_nothing_that_the_user_does():
    """Root's child is also kept away by being nobody; this one by the sandbox alone."""
    with (
        tempfile.TemporaryDirectory() as name,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        server.settimeout(0.2)
        folder = Path(name)
        folder.chmod(0o777)
        secret, out = folder / "secret", folder / "out"
        secret.write_text("key")
        secret.chmod(0o644)
        source = ["-f", "lavfi", "-i", "color=d=0.1"]
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        for refused in (
            ["-f", "data", "-i", str(secret), "-f", "null", "-"],
            [*source, "-f", "mpegts", "-y", str(out)],
            ["-i", address, "-f", "null", "-"],
        ):
            said = run_ffmpeg_as_ordinary_user(
                ["-nostdin", "-v", "error", *refused], readable=secret
            )
            assert said["outside"], "the user may read and write there"
            assert said["ended"] == "failed"
            assert "denied" in said["words"] or refused[1] == address
        with pytest.raises(TimeoutError):
            server.accept()
        assert not out.exists()
        works = run_ffmpeg_as_ordinary_user(
            ["-nostdin", "-v", "error", *source, "-f", "null", "-"], readable=secret
        )
        assert works["ended"] == "worked", works["words"]


def test_waiting_counts_only_while_the_parent_waits():
    with Child(f"{HERE}:echo", options={"words": ""}, limits=Limits(wall_seconds=5)) as child:
        before = child.patience
        time.sleep(0.3)  # the parent is busy with something else
        assert child.patience == before
        assert list(child.messages())[-1].last
