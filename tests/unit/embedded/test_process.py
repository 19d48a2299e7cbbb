import os
import signal
import subprocess
import sys

from core.embedded.process import command_line, is_alive
from tests.deadline import eventually

PARENT = """
import subprocess, sys, signal
from core.embedded.process import end_with_parent
child = subprocess.Popen(["sleep", "600"], preexec_fn=end_with_parent(signal.SIGTERM))
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_tied_child_ends_when_its_parent_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        child = int(parent.stdout.readline())
        assert is_alive(child)

        parent.send_signal(signal.SIGKILL)

        eventually(lambda: not is_alive(child), what="the end of the child")


def test_a_zombie_is_not_alive():
    zombie = subprocess.Popen(["true"])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)

    assert not is_alive(zombie.pid)
    zombie.wait()
    assert command_line(zombie.pid) == []


def test_our_own_command_line_names_the_interpreter():
    assert is_alive(os.getpid())
    assert "python" in command_line(os.getpid())[0]
