"""What a decoder would do that a crafted clip has taken over: run inside the media child.

Each function is named as an entry by the tests; none of it is imported by the tests themselves.
"""

import ctypes
import fcntl
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (OSError, ValueError) as error:
        return type(error).__name__
    return "it worked"


def _call(number: int, *arguments: int) -> None:
    if _libc.syscall(ctypes.c_long(number), *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def reach_out(channel, source, *, secret: str, folder: str, port: int, victim: int) -> dict:
    """Try everything; give what came of each attempt."""
    attempts: dict[str, Callable[[], object]] = {
        "read a file of the parent": lambda: Path(secret).read_bytes(),
        "read its own program": lambda: Path(__file__).read_bytes(),
        "read /etc/passwd": lambda: Path("/etc/passwd").read_bytes(),
        "read the environment of the parent": lambda: Path(f"/proc/{victim}/environ").read_bytes(),
        "list a folder": lambda: list(Path("/").iterdir()),
        "look at a file": lambda: Path(secret).stat(),
        "write a file": lambda: Path(folder, "evil").write_bytes(b"x"),
        "make a folder": lambda: Path(folder, "evil").mkdir(),
        "remove a file": lambda: Path(secret).unlink(),
        "link a file": lambda: os.link(secret, f"{folder}/link"),
        "connect over TCP": lambda: socket.create_connection(("127.0.0.1", port), 1),
        "make a Unix socket": lambda: socket.socket(socket.AF_UNIX),
        "make a socket pair": socket.socketpair,
        "execute a program": lambda: os.execv("/bin/true", ["true"]),
        "fork": os.fork,
        "signal the parent": lambda: os.kill(victim, 0),
        "signal everybody": lambda: os.kill(-1, signal.SIGTERM),
        "trace the parent": lambda: _call(101, 16, victim, 0, 0),
        "read the parent's memory": lambda: _call(310, victim, 0, 0, 0, 0, 0),
        "make a memory file": lambda: os.memfd_create("x", 0),
        "become root again": lambda: os.setuid(0),
        "unshare a namespace": lambda: _call(272, 0x10000000),
        "start io_uring": lambda: _call(425, 1, 0),
        "load a BPF program": lambda: _call(321, 0, 0, 0),
        "raise its own limits": lambda: resource.setrlimit(
            resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2
        ),
    }
    return {name: _outcome(attempt) for name, attempt in attempts.items()}


def try_on_a_thread(channel, source, *, secret: str) -> dict:
    """A thread of its own is allowed; it is bound by the same rules."""
    found: list[str] = []
    thread = threading.Thread(
        target=lambda: found.append(_outcome(lambda: Path(secret).read_bytes()))
    )
    thread.start()
    thread.join()
    return {"thread": found[0]}


def tell_about_itself(channel, source) -> dict:
    limits = {
        name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[0]
        for name in ("AS", "CPU", "CORE", "FSIZE", "NOFILE")
    }
    descriptors = []
    for number in range(64):
        try:
            fcntl.fcntl(number, fcntl.F_GETFD)
        except OSError:
            continue
        descriptors.append(number)
    return {
        "environment": sorted(os.environ),
        "uid": os.getuid(),
        "limits": limits,
        "descriptors": descriptors,
    }


def echo(channel, source, *, words: str) -> dict:
    return {"words": words, "size": source.size, "head": source.read(4).decode()}


def read_all(channel, source) -> dict:
    return {"size": len(source.read())}


def never_end(channel, source) -> dict:
    channel.send("ready")
    while True:
        time.sleep(1)


def burn(channel, source) -> dict:
    while True:
        pass


def fill_memory(channel, source) -> dict:
    held = []
    while True:
        held.append(bytearray(64 << 20))


def die(channel, source) -> dict:
    ctypes.string_at(0)
    return {}


def quit_silently(channel, source) -> dict:
    os._exit(3)


def fail(channel, source) -> dict:
    raise RuntimeError("a codec fell over")


def talk_too_much(channel, source) -> dict:
    from core.media.inside.channel import BYTES, HEADER

    channel._line.sendall(HEADER.pack(BYTES, 0xFFFFFFFF))
    time.sleep(60)
    return {}


def talk_nonsense(channel, source) -> dict:
    from core.media.inside.channel import HEADER

    channel._line.sendall(HEADER.pack(b"?", 2) + b"{}")
    time.sleep(60)
    return {}


def write_much_to_stderr(channel, source) -> dict:
    try:
        for _ in range(1000):
            os.write(2, b"x" * (1 << 16))
    except OSError as error:
        return {"stopped": type(error).__name__}
    return {"stopped": "no"}


def ask_for_everything(channel, source) -> dict:
    return {"got": len(channel.read_at(0, 0xFFFFFFFF))}


def refuse_without_reason(channel, source) -> dict:
    from core.media.inside.refusal import Refused

    raise Refused("because", "no such reason")


def send_no_json(channel, source) -> dict:
    from core.media.inside.channel import HEADER, JSON

    channel._line.sendall(HEADER.pack(JSON, 3) + b"{{{")
    time.sleep(60)
    return {}
