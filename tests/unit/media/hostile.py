"""What a decoder would do that a crafted clip has taken over: run inside the media child.

Each function is named as an entry by the tests; none of it is imported by the tests themselves.
"""

import ctypes
import fcntl
import mmap
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)


# Numbers of x86-64, with arguments that a kernel which let them through would not mind.
SYSTEM_CALLS = {
    "start io_uring": (425, 1, 0),
    "enter io_uring": (426, 0, 0, 0, 0, 0, 0),
    "start asynchronous I/O": (206, 1, 0),
    "load a BPF program": (321, 0, 0, 0),
    "handle page faults": (323, 1),
    "read a key ring": (250, 0, -3, 0),
    "add a key": (248, 0, 0, 0, 0, -3),
    "count events": (298, 0, 0, -1, -1, 0),
    "mount": (165, 0, 0, 0, 0, 0),
    "open a mount tree": (428, -100, 0, 0),
    "enter a namespace": (308, 0, 0),
    "change its root": (161, 0),
    "execute an open file": (322, 0, 0, 0, 0, 0x1000),
    "make secret memory": (447, 0),
    "open a file by its handle": (304, -100, 0, 0),
    "point at a process": (434, 1, 0),
    "signal by a pointer": (424, 0, 0, 0, 0),
    "take a descriptor of a process": (438, 0, 0, 0),
    "advise another's memory": (440, 0, 0, 0, 0, 0),
    "write another's memory": (311, 1, 0, 0, 0, 0, 0),
    "compare processes": (312, 1, 1, 0, 0, 0),
    "signal one thread": (234, 1, 1, 0),
    "queue a signal": (129, 1, 0, 0),
    "fork sharing memory": (58,),
    "make shared memory": (29, 0, 4096, 0o1777),
    "make a message queue": (68, 0, 0o1777),
    "make a semaphore": (64, 0, 1, 0o1777),
    "open a message queue": (240, 0, 0, 0, 0),
    "watch files": (253,),
    "look into a list of locks": (274, 1, 0, 0),
    "lock memory": (151, 1),
    "change its personality": (135, 0x0400000),
    "change its segments": (154, 0, 0, 0),
    "type on a terminal": (16, 0, 0x5412, 0),
    "change a file's length": (77, 2, 1 << 40),
    "start a session": (112,),
    "loosen the filter": (317, 1, 0, 0),
    "read the kernel's log": (103, 3, 0, 0),
    "set the clock": (227, 0, 0),
    "set a timer on others": (222, 0, 0, 0),
}


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (OSError, ValueError) as error:
        return type(error).__name__
    return "it worked"


def _call(number: int, *arguments: int) -> None:
    if _libc.syscall(ctypes.c_long(number), *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def _line_of(channel) -> socket.socket:
    return channel._line


def reach_out(channel, source, *, secret: str, folder: str, port: int) -> dict:
    """Try everything; give what came of each attempt."""
    victim = os.getppid()
    line = _line_of(channel)
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
        "write to shared memory": lambda: Path("/dev/shm/evil").write_bytes(b"x"),
        "connect over TCP": lambda: socket.create_connection(("127.0.0.1", port), 1),
        "make a Unix socket": lambda: socket.socket(socket.AF_UNIX),
        "make a socket of packets": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "talk to the kernel over netlink": lambda: socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW
        ),
        "make a socket pair": socket.socketpair,
        "send the line's words elsewhere": lambda: line.sendto(b"x", f"{folder}/database"),
        "send the line's words to an abstract name": lambda: line.sendto(b"x", "\0database"),
        "hand the parent a descriptor": lambda: socket.send_fds(line, [b"x"], [0]),
        "take a descriptor from the parent": lambda: line.recvmsg(1, 99),
        "have the line send signals": lambda: fcntl.fcntl(line, fcntl.F_SETOWN, victim),
        "have the line kill": lambda: fcntl.fcntl(line, 10, signal.SIGKILL),  # F_SETSIG
        "have the line watched": lambda: fcntl.fcntl(line, fcntl.F_SETFL, os.O_RDWR | fcntl.FASYNC),
        "execute a program": lambda: os.execv("/bin/true", ["true"]),
        "fork": os.fork,
        "signal the parent": lambda: os.kill(victim, 0),
        "signal everybody": lambda: os.kill(-1, signal.SIGTERM),
        "trace the parent": lambda: _call(101, 16, victim, 0, 0),
        "read the parent's memory": lambda: _call(310, victim, 0, 0, 0, 0, 0),
        "make a memory file": lambda: os.memfd_create("x", 0),
        "become root again": lambda: os.setuid(0),
        "unshare a namespace": lambda: _call(272, 0x10000000),
        "lower the parent's limits": lambda: resource.prlimit(
            victim, resource.RLIMIT_NOFILE, (3, 3)
        ),
        "read the parent's limits": lambda: resource.prlimit(victim, resource.RLIMIT_NOFILE),
        "move the parent to one processor": lambda: os.sched_setaffinity(victim, {0}),
        "change the parent's priority": lambda: os.setpriority(os.PRIO_PROCESS, victim, 19),
        "be dumpable again": lambda: _call(157, 4, 1, 0, 0, 0),
        "survive the parent": lambda: _call(157, 1, 0, 0, 0, 0),
        "be traced by anybody": lambda: _call(157, 0x59616D61, -1, 0, 0, 0),
        "start a thread in another network": lambda: _call(56, 0x40010F00, 0, 0, 0, 0),
        **{name: partial(_call, *arguments) for name, arguments in SYSTEM_CALLS.items()},
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
        for name in ("AS", "CPU", "CORE", "FSIZE", "NOFILE", "NPROC")
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


def new_way_to_fork(channel, source) -> dict:
    """Give the error number of clone3, whose flags no filter can read."""
    _libc.syscall(ctypes.c_long(435), 0, 0)
    return {"errno": ctypes.get_errno()}


def call_as_x32(channel, source) -> dict:
    """Call getpid by its number of the x32 ABI."""
    _libc.syscall(ctypes.c_long(0x40000000 | 39))
    return {}


def call_as_32_bit(channel, source) -> dict:
    """Make a 32-bit system call (getpid is 20 there) from 64-bit code."""
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xb8\x14\0\0\0\xcd\x80\xc3")  # mov eax, 20; int 0x80; ret
    start = ctypes.addressof(ctypes.c_char.from_buffer(code))
    ctypes.CFUNCTYPE(ctypes.c_int)(start)()
    return {}


def breed_threads(channel, source) -> dict:
    """Start threads until the machine says no; small stacks, so that memory is not what does."""
    threading.stack_size(64 << 10)
    gate = threading.Event()
    started = 0
    try:
        while started < 20_000:
            threading.Thread(target=gate.wait, daemon=True).start()
            started += 1
    except RuntimeError:
        pass
    gate.set()
    return {"started": started}


def flood_with_words(channel, source) -> dict:
    channel.send("x" * (8 << 20))
    return {}


def read_far_away(channel, source) -> dict:
    return {"got": len(channel.read_at((1 << 64) - 1, 16))}


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
