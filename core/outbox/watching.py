"""While a handler works: its heartbeat, and the end of one that takes too long.

A handler that is over its time gets JobTimedOut where it stands. One that does not hear it, being
stuck in foreign code, has its job failed in its place and its process killed; the pool makes
another.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from django.conf import settings
from django.db import Error, close_old_connections, connection

from core.outbox.kinds import JobContext, JobKind, JobLost, JobTimedOut

log = logging.getLogger(__name__)

HEARTBEAT_EVERY: float = settings.JOB_HEARTBEAT_LIMIT / 6
#: Seconds between the signal to a handler that is over its time and the end of its process.
KILL_AFTER = 15.0

Fail = Callable[[JobContext, Exception, JobKind], None]


def too_slow(kind: JobKind) -> JobTimedOut:
    """Give the error of a handler that is over its time."""
    return JobTimedOut(
        f"{kind.name} did not end within its {kind.timeout} s. If the work is as it should be, the "
        "machine is too slow or too busy for it."
    )


@contextmanager
def watched(context: JobContext, kind: JobKind, fail: Fail) -> Iterator[None]:
    """Keep the heartbeat going from a thread, and end what is over its time."""
    stop = threading.Event()
    ends_process = threading.current_thread() is threading.main_thread()
    watch = threading.Thread(
        target=_watch,
        args=(context, kind, fail, stop),
        kwargs={"ends_process": ends_process},
        name="heartbeat",
        daemon=True,
    )
    watch.start()
    try:
        with _alarm(kind) if ends_process else _no_alarm():
            yield
    finally:
        stop.set()
        watch.join()


@contextmanager
def _no_alarm() -> Iterator[None]:
    """Signals reach the main thread only: elsewhere the caller bounds the time."""
    yield


@contextmanager
def _alarm(kind: JobKind) -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise too_slow(kind)

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, kind.timeout)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _watch(
    context: JobContext, kind: JobKind, fail: Fail, stop: threading.Event, *, ends_process: bool
) -> None:
    give_up = time.monotonic() + kind.timeout + KILL_AFTER
    try:
        while not stop.wait(HEARTBEAT_EVERY):
            if ends_process and time.monotonic() > give_up:
                _end_process(context, kind, fail)
            if not _beats(context):
                return
    finally:
        connection.close()


def _beats(context: JobContext) -> bool:
    """Beat once. A database that restarts is not the end: the next beat may reach it."""
    try:
        close_old_connections()
        context.heartbeat()
    except JobLost:
        log.warning("job %s lost its heartbeat: another worker has it", context.id)
        return False
    except Error as error:
        log.warning("job %s misses a heartbeat: %s", context.id, type(error).__name__)
        connection.close()
    return True


def _end_process(context: JobContext, kind: JobKind, fail: Fail) -> None:
    log.error("job %s does not hear that its time is over: its process ends", context.id)
    try:
        fail(context, too_slow(kind), kind)
    finally:
        os.kill(os.getpid(), signal.SIGKILL)
