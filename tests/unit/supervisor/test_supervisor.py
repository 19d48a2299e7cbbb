"""The supervisor with small real processes as its parts, which stop it by signalling it."""

import io
import os
import signal
import sys
from pathlib import Path

import pytest
from rich.console import Console

from core.embedded.process import is_alive
from core.embedded.valkey import EmbeddedValkey
from core.errors import Unavailable
from core.supervisor.output import Lines
from core.supervisor.parts import CommandPart, ServicePart
from core.supervisor.supervisor import Supervisor
from tests.deadline import eventually

STOP_PARENT = "import os, signal; os.kill(os.getppid(), signal.SIGTERM);"
WAIT = "import signal; signal.pause()"


def part(name: str, code: str) -> CommandPart:
    return CommandPart(name, [sys.executable, "-u", "-c", code], dict(os.environ))


class WatchedLines(Lines):
    """Stops the supervisor, which is this process, once a line says `stop_after`."""

    stop_after: str | None = None

    def say(self, name: str, line: str) -> None:
        super().say(name, line)
        if self.stop_after is not None and self.stop_after in line:
            self.stop_after = None
            os.kill(os.getpid(), signal.SIGTERM)


def run(*commands: CommandPart, preparations=(), services=(), stop_after=None, **options) -> str:
    """Run until stopped; give what was printed."""
    screen = io.StringIO()
    names = [command.name for command in (*services, *preparations, *commands)]
    lines = WatchedLines(Console(file=screen, width=200), names)
    lines.stop_after = stop_after
    Supervisor(
        services=services,
        preparations=preparations,
        commands=commands,
        lines=lines,
        **options,
    ).run()
    return screen.getvalue()


def test_a_crashed_part_is_started_again(tmp_path):
    starts = tmp_path / "starts"
    crasher = part(
        "crasher",
        f"import os, signal\n"
        f"open({str(starts)!r}, 'a').write('x')\n"
        f"if os.path.getsize({str(starts)!r}) < 3: raise SystemExit(7)\n"
        f"{STOP_PARENT} {WAIT}",
    )

    screen = run(crasher)

    assert starts.read_text() == "xxx"
    assert "crasher | ended (exit code 7); again in 0.25 s" in screen
    assert "crasher | ended (exit code 7); again in 0.5 s" in screen


def test_a_killed_part_is_named_with_its_signal_and_its_last_words():
    screen = run(
        part(
            "victim",
            "import os, signal; print('last words', end=''); os.kill(os.getpid(), signal.SIGKILL)",
        ),
        stop_after="ended",
    )

    assert "victim | last words" in screen
    assert "victim | ended (killed by SIGKILL)" in screen


def test_what_a_killed_part_leaves_behind_ends_before_it_starts_again(tmp_path):
    children = tmp_path / "children"
    forker = part(
        "forker",
        f"import os, signal, subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {WAIT!r}])\n"
        f"file = open({str(children)!r}, 'a'); file.write(f'{{child.pid}}\\n'); file.close()\n"
        f"if len(open({str(children)!r}).readlines()) == 2: {STOP_PARENT.rstrip(';')}\n"
        f"os.kill(os.getpid(), signal.SIGKILL)",
    )

    run(forker)

    pids = [int(line) for line in children.read_text().split()]
    assert len(pids) == 2
    for pid in pids:
        eventually(lambda pid=pid: not is_alive(pid), what="the end of an orphan")


def test_parts_end_in_order_and_say_goodbye():
    polite = (
        "import signal, sys\n"
        "def bye(*_): print('goodbye'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, bye)\n"
    )

    screen = run(part("polite", f"{polite}{STOP_PARENT}\n{WAIT}"))

    assert "polite | goodbye" in screen


def test_asking_twice_does_not_wait_for_a_stubborn_part():
    stubborn = part(
        "stubborn",
        "import os, signal\n"
        "def again(*_): os.kill(os.getppid(), signal.SIGINT)\n"
        "signal.signal(signal.SIGTERM, again)\n"
        f"{STOP_PARENT}\n"
        "while True: signal.pause()",
    )

    run(stubborn)

    assert stubborn.process.returncode == -signal.SIGKILL


def test_preparations_run_to_their_end_before_the_rest(tmp_path):
    mark = tmp_path / "mark"
    first = part("first", f"open({str(mark)!r}, 'w').close(); print('prepared')")
    second = part(
        "second", f"import os; assert os.path.exists({str(mark)!r}); {STOP_PARENT} {WAIT}"
    )

    screen = run(second, preparations=[first])

    assert "first | prepared" in screen
    assert "AssertionError" not in screen


def test_a_failed_preparation_ends_the_start():
    never = part("never", "raise SystemExit('must not run')")

    with pytest.raises(Unavailable, match="first failed"):
        run(never, preparations=[part("first", "raise SystemExit(3)")])

    assert never.process is None


def test_a_stop_during_a_preparation_ends_it():
    later = part("later", WAIT)

    run(later, preparations=[part("slow", f"{STOP_PARENT} {WAIT}")])

    assert later.process is None


def test_a_service_that_cannot_start_ends_the_start_and_stops_the_others(tmp_path):
    good = ServicePart("good", EmbeddedValkey(tmp_path / "a", tmp_path / "a.sock"))
    bad = ServicePart("bad", EmbeddedValkey(tmp_path / "b", tmp_path / ("x" * 120) / "b.sock"))

    with pytest.raises(Unavailable, match="Valkey did not start"):
        run(services=[good, bad])

    assert good.process is None


def test_a_killed_service_comes_back(tmp_path):
    server = EmbeddedValkey(tmp_path / "valkey", tmp_path / "valkey.sock")
    service = ServicePart("valkey", server)
    seen: list[int] = []

    def follow() -> None:
        if server.process is None or server.process.pid in seen:
            return
        seen.append(server.process.pid)
        if len(seen) == 1:
            server.process.kill()
        else:
            os.kill(os.getpid(), signal.SIGTERM)

    screen = run(part("idle", WAIT), services=[service], changed=follow)

    assert len(seen) == 2
    assert "valkey | ended (killed by SIGKILL); again in 0.25 s" in screen


def test_a_service_that_cannot_come_back_is_tried_again(tmp_path):
    server = EmbeddedValkey(tmp_path / "valkey", tmp_path / "valkey.sock")

    def put_a_folder_in_the_sockets_place() -> None:
        if server.process is not None and server.process.poll() is None:
            server.process.kill()
            server.process.wait()
            server.socket_path.unlink(missing_ok=True)
            server.socket_path.mkdir()

    screen = run(
        services=[ServicePart("valkey", server)],
        changed=put_a_folder_in_the_sockets_place,
        stop_after="did not start",
    )

    assert "Is a directory" in screen
    assert "again in 0.5 s" in screen


def test_readiness_is_told_once():
    told: list[bool] = []
    answers = iter([False, False, True])

    def changed() -> None:
        told.append(supervisor.ready)
        if supervisor.ready and not supervisor.stopping:
            os.kill(os.getpid(), signal.SIGTERM)

    supervisor = Supervisor(
        services=[],
        preparations=[],
        commands=[part("idle", WAIT)],
        lines=Lines(Console(file=io.StringIO()), ["idle"]),
        is_ready=lambda: next(answers),
        changed=changed,
    )
    supervisor.run()

    assert told == [False, True, True]


def test_the_callers_signal_handlers_are_put_back():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    run(part("stopper", f"{STOP_PARENT} {WAIT}"))

    assert before == {number: signal.getsignal(number) for number in before}


def test_parts_run_in_the_root_folder(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    screen = run(part("where", f"import os; print(os.getcwd()); {STOP_PARENT} {WAIT}"))

    assert "where | /\n" in screen
