"""Locks this process in, from within: runs in the media child, after its imports, before any input.

The order matters: threads are counted first (Landlock binds only the calling thread, a sibling
would stay free), the identity is dropped before PR_SET_PDEATHSIG (a change of credentials clears
it), and seccomp comes last because it forbids the calls that the other steps need.
"""

import ctypes
import errno
import os
import resource
import signal
import struct
from pathlib import Path
from typing import Any

try:
    import pyseccomp as seccomp
except (ImportError, OSError, RuntimeError):  # it looks for libseccomp when it is imported
    seccomp = None

_libc = ctypes.CDLL(None, use_errno=True)

# The kernel gave these three the same numbers on every architecture.
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_LANDLOCK_CREATE_RULESET_VERSION = 1
_LANDLOCK_RULE_PATH_BENEATH = 1
_FS_EXECUTE, _FS_READ_FILE, _FS_READ_DIR = 1 << 0, 1 << 2, 1 << 3

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NAME, _PR_SET_NO_NEW_PRIVS = 1, 4, 15, 38
_CLONE_SIGHAND, _CLONE_THREAD = 0x00000800, 0x00010000
# Mount, cgroup, uts, ipc, user, process, network and time: linux/sched.h.
_CLONE_NAMESPACES = 0x00020000 | 0x02000000 | 0x7C000000 | 0x00000080

# 60578..61183 belongs to nobody in the systemd and Debian tables of user ids; no passwd entry is
# needed. A number of its own per child keeps concurrent children from touching each other.
FIRST_UID = 61000
UID_COUNT = 184
_THREADS_PER_UID = 128
# An ordinary user's other threads count too; a child needs some fifty of its own.
_LEAST_THREADS_OF_A_USER = 2048
_MOST_THREADS_OF_A_USER = 1 << 20
# One byte, not none: zero bytes would stop a core file, but not a core that is piped to a program
# (core(5)), which a decoder's pictures have no business in.
_CORE_BYTES = 1

# What CPython, PyAV's decoder threads and numpy need on pipes and sockets that are already open.
# Neither sendmsg nor recvmsg: they carry descriptors.
_CALLS = (
    "brk", "clock_getres", "clock_gettime", "clock_nanosleep", "close", "dup", "exit", "exit_group",
    "fstat", "futex", "getegid", "geteuid", "getgid", "getpid", "getrandom", "getrusage", "gettid",
    "gettimeofday", "getuid", "lseek", "madvise", "membarrier", "mmap", "mprotect", "mremap",
    "munmap", "nanosleep", "poll", "ppoll", "pread64", "pselect6", "pwrite64", "read", "readv",
    "recvfrom", "restart_syscall", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
    "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_yield", "select",
    "set_robust_list", "sigaltstack", "sysinfo", "time", "times", "uname", "write", "writev",
)  # fmt: skip
# A program that is started afresh also sets itself up; the files it names are Landlock's to allow.
_CALLS_OF_A_PROGRAM = (
    "access", "arch_prctl", "execve", "execveat", "faccessat", "getcwd", "newfstatat", "open",
    "openat", "readlink", "readlinkat", "set_tid_address", "stat", "statx",
)  # fmt: skip
# asm-generic/fcntl.h: duplicate, flags, size of a pipe. Not the owner of a descriptor nor its
# signal, by which the kernel would send any signal to any process of the same user.
_FCNTL_COMMANDS = (0, 1, 2, 3, 1030, 1031, 1032)
_F_SETFL, _FASYNC = 4, 0x2000
# asm-generic/ioctls.h: is it a terminal, how wide, how much is there to read.
_IOCTL_REQUESTS = (0x5401, 0x5413, 0x541B)
_NO_SUCH_CALL = -1  # libseccomp's __NR_SCMP_ERROR
_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")


class CannotConfine(Exception):
    """This machine lacks a part of the sandbox; the text says which and what to do."""


def confine(
    *,
    limits: dict[str, int],
    parent: int,
    slot: int,
    program: int | None = None,
    needs_libraries: bool = False,
    allow_no_landlock: bool = False,
) -> None:
    """Give up everything but the descriptors that are open now.

    limits: cpu_seconds, memory_bytes, open_files. parent: process id that must still be alive.
    slot: any number; picks the user id when we are root. program: descriptor of the one file that
    may be executed, needs_libraries: it is linked to the system's shared libraries.
    Raises CannotConfine; the caller must then end without reading input.
    """
    _require_one_thread()
    _limit(limits)
    _drop_root(slot)
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise CannotConfine("The process that asked for this work has ended.")
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _landlock(program, needs_libraries=needs_libraries, optional=allow_no_landlock)
    _seccomp(may_exec=program is not None)


def _require_one_thread() -> None:
    tasks = Path("/proc/self/task")
    if tasks.is_dir():
        alone = len(list(tasks.iterdir())) == 1
    else:
        alone = _is_alone_without_proc()
    if not alone:
        raise CannotConfine(
            "The media child has more than one thread, and Landlock would bind only one of them."
        )


def _is_alone_without_proc() -> bool:
    """unshare(CLONE_SIGHAND) changes nothing, and fails with EINVAL when a second thread runs."""
    if _libc.unshare(_CLONE_SIGHAND) == 0:
        return True
    if ctypes.get_errno() == errno.EINVAL:
        return False
    raise CannotConfine(
        "The threads of the media child cannot be counted: mount /proc in this chroot or container."
    )


def _limit(limits: dict[str, int]) -> None:
    cpu = limits["cpu_seconds"]
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits["open_files"],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (_CORE_BYTES,) * 2)
    # Results leave through pipes; the only file it holds is the memory file of its error text.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20,) * 2)


def _drop_root(slot: int) -> None:
    if os.geteuid() != 0:
        _limit_threads_of_a_user()
        return
    uid = FIRST_UID + slot % UID_COUNT
    resource.setrlimit(resource.RLIMIT_NPROC, (_THREADS_PER_UID,) * 2)
    try:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        raise CannotConfine(
            f"Running as root without the right to change to user id {uid} ({error.strerror}): "
            "give the container CAP_SETUID and CAP_SETGID, or start Custos as an ordinary user."
        ) from error


def _limit_threads_of_a_user() -> None:
    """Bound the threads of this user, with room above those that run now.

    The kernel counts all processes of the user, of which those in other containers cannot be seen:
    so ask whether one more would be allowed, and go on from there.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    most = _MOST_THREADS_OF_A_USER if hard == resource.RLIM_INFINITY else hard
    bound = min(_LEAST_THREADS_OF_A_USER, most)
    while bound < most:
        resource.setrlimit(resource.RLIMIT_NPROC, (bound - _THREADS_PER_UID, hard))
        if _can_fork():
            break
        bound = min(2 * bound, most)
    resource.setrlimit(resource.RLIMIT_NPROC, (bound, bound))


def _can_fork() -> bool:
    try:
        child = os.fork()
    except BlockingIOError:
        return False
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise CannotConfine(f"prctl({option}) failed: {os.strerror(ctypes.get_errno())}.")


def _syscall(number: int, *arguments: object) -> int:
    answer = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return answer


def landlock_version() -> int:
    """Version of the kernel's Landlock interface, 0 where there is none."""
    try:
        return _syscall(
            _LANDLOCK_CREATE_RULESET,
            None,
            ctypes.c_size_t(0),
            ctypes.c_uint32(_LANDLOCK_CREATE_RULESET_VERSION),
        )
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EOPNOTSUPP):
            return 0
        raise


def _landlock(program: int | None, *, needs_libraries: bool, optional: bool) -> None:
    version = landlock_version()
    if version == 0:
        if optional:
            return
        raise CannotConfine(
            "This kernel has no Landlock, which keeps a media decoder away from the files of this "
            "machine. Use Linux 5.13 or newer with landlock among its LSMs "
            "(cat /sys/kernel/security/lsm), or accept the risk with CUSTOS_ALLOW_NO_LANDLOCK=1."
        )
    ruleset = _syscall(_LANDLOCK_CREATE_RULESET, *_ruleset_attributes(version), ctypes.c_uint32(0))
    if program is not None:
        _allow_program(ruleset, program)
        for path in _SYSTEM_LIBRARIES if needs_libraries else ():
            _allow_library(ruleset, path)
    _syscall(_LANDLOCK_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)


def _ruleset_attributes(version: int) -> tuple[bytes, ctypes.c_size_t]:
    # struct landlock_ruleset_attr, linux/landlock.h: each version added bits and fields; a kernel
    # refuses those that it does not know, so we ask for all that it has.
    files = (1 << 13) - 1
    for since, bit in ((2, 13), (3, 14), (5, 15)):  # REFER, TRUNCATE, IOCTL_DEV
        files |= (1 << bit) if version >= since else 0
    fields = [files]
    if version >= 4:
        fields.append(0b11)  # TCP bind and connect
    if version >= 6:
        fields.append(0b11)  # abstract Unix sockets and signals outside
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    return attributes, ctypes.c_size_t(len(attributes))


def _allow_program(ruleset: int, program: int) -> None:
    try:
        _allow(ruleset, program, _FS_EXECUTE | _FS_READ_FILE)
    except OSError as error:
        # A copy in memory has no place in the file tree; Landlock neither names nor forbids it.
        if error.errno != errno.EBADFD:
            raise


def _allow_library(ruleset: int, path: str) -> None:
    try:
        folder = os.open(path, os.O_PATH)
    except FileNotFoundError:
        return
    rights = _FS_EXECUTE | _FS_READ_FILE
    _allow(ruleset, folder, rights | _FS_READ_DIR if Path(path).is_dir() else rights)
    os.close(folder)


def _allow(ruleset: int, descriptor: int, rights: int) -> None:
    _syscall(
        _LANDLOCK_ADD_RULE,
        ctypes.c_int(ruleset),
        ctypes.c_int(_LANDLOCK_RULE_PATH_BENEATH),
        struct.pack("=Qi", rights, descriptor),
        ctypes.c_uint32(0),
    )


def _seccomp(*, may_exec: bool) -> None:
    """Everything that is not listed fails with EPERM: socket, fork, kill, ptrace, open ..."""
    if seccomp is None:
        raise CannotConfine(
            "The library libseccomp.so.2 is missing, which keeps a media decoder from system calls "
            "that it has no use for. Install it (Debian: apt install libseccomp2)."
        )
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for name in (*_CALLS, *(_CALLS_OF_A_PROGRAM if may_exec else ())):
        number = seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)
        if number != _NO_SUCH_CALL:  # older than the call, or an architecture without it
            rules.add_rule(seccomp.ALLOW, number)
    _allow_parts(rules, may_exec=may_exec)
    try:
        rules.load()
    except OSError as error:
        raise CannotConfine(f"seccomp is not available: {error.strerror}.") from error


def _allow_parts(rules: Any, *, may_exec: bool) -> None:
    """The calls of which only some uses are allowed, told by their arguments."""
    argument, equal, masked = seccomp.Arg, seccomp.EQ, seccomp.MASKED_EQ
    thread = argument(0, masked, _CLONE_THREAD | _CLONE_NAMESPACES, _CLONE_THREAD)
    rules.add_rule(seccomp.ALLOW, "clone", thread)
    # The C library tries clone3 first, whose flags lie in memory where no filter can read them.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    rules.add_rule(seccomp.ALLOW, "prctl", argument(0, equal, _PR_SET_NAME))
    # Its own limits, not those of others; and to whom the line leads, not to another address.
    rules.add_rule(seccomp.ALLOW, "prlimit64", argument(0, equal, 0))
    rules.add_rule(seccomp.ALLOW, "sendto", argument(4, equal, 0))
    for command in _FCNTL_COMMANDS:
        rules.add_rule(seccomp.ALLOW, "fcntl", argument(1, equal, command))
    flags = argument(2, masked, _FASYNC, 0)
    rules.add_rule(seccomp.ALLOW, "fcntl", argument(1, equal, _F_SETFL), flags)
    for request in _IOCTL_REQUESTS if may_exec else ():
        rules.add_rule(seccomp.ALLOW, "ioctl", argument(1, equal, request))
