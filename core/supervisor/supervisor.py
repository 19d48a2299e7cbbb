"""Start the parts in order, start a crashed one again, stop them in the opposite order.

All in one thread: children are tied to the thread that forked them, and no lock can be held at a
fork. The loop sleeps in select until a part writes, a child ends or a signal arrives.
"""

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from core.errors import CustosError, Unavailable
from core.supervisor.backoff import Backoff
from core.supervisor.output import Lines
from core.supervisor.parts import CommandPart, Part, ServicePart

STOP_SIGNAL = signal.SIGTERM
_STOP_SIGNALS = (signal.SIGINT, STOP_SIGNAL, signal.SIGHUP)
_LONGEST_SLEEP = 1.0
_PROBE_SECONDS = 0.2
#: What a command gets to finish a request or a short job; a longer job is done again.
_GRACE_SECONDS = 10.0


@dataclass
class _Watched:
    part: Part
    backoff: Backoff = field(default_factory=Backoff)
    started: float = 0.0
    start_again_at: float | None = None


class Supervisor:
    """Runs `services` (each needed by the next), then `preparations` once, then `commands`.

    `changed` is called whenever a part started or ended, and when `is_ready` first says so.
    """

    def __init__(
        self,
        *,
        services: Sequence[ServicePart],
        preparations: Sequence[CommandPart],
        commands: Sequence[CommandPart],
        lines: Lines,
        is_ready: Callable[[], bool] = lambda: True,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.ready = False
        self._is_ready = is_ready
        self._services = services
        self._preparations = preparations
        self._commands = commands
        kept_running: list[Part] = [*services, *commands]
        self._watched = [_Watched(part) for part in kept_running]
        self._lines = lines
        self._changed = changed
        self._selector = selectors.DefaultSelector()
        self._stop_requests = 0

    @property
    def stopping(self) -> bool:
        return self._stop_requests > 0

    @property
    def _hurried(self) -> bool:
        """A second Ctrl-C: whoever asks twice does not want to wait."""
        return self._stop_requests > 1

    def processes(self) -> dict[str, int]:
        """Process id of each part that runs."""
        return {
            watched.part.name: process.pid
            for watched in self._watched
            if (process := watched.part.process) is not None and process.poll() is None
        }

    def run(self) -> None:
        """Run until a stop signal. A service or a preparation that fails at first ends the run.

        Raises Unavailable then, with everything stopped again.
        """
        with self._signals():
            try:
                self._start_all()
                while not self.stopping:
                    self._revive()
                    self._notice_readiness()
                    self._wait(self._until_next_start())
            finally:
                self._stop_all()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Turn signals into readable bytes, so that select returns for them."""
        receiver, sender = socket.socketpair()
        with receiver, sender:
            receiver.setblocking(False)  # noqa: FBT003 (the socket's own signature)
            sender.setblocking(False)  # noqa: FBT003 (the same)
            self._selector.register(receiver, selectors.EVENT_READ, None)
            previous_wakeup = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
            previous = {number: signal.signal(number, self._on_stop) for number in _STOP_SIGNALS}
            previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
            try:
                yield
            finally:
                for number, handler in previous.items():
                    signal.signal(number, handler)
                signal.set_wakeup_fd(previous_wakeup)
                self._selector.unregister(receiver)

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop_requests += 1

    def _start_all(self) -> None:
        for watched in self._watched[: len(self._services)]:
            if not self.stopping:
                self._start(watched)
        for preparation in self._preparations:
            if not self.stopping:
                self._run_once(preparation)
        for watched in self._watched[len(self._services) :]:
            if not self.stopping:
                self._start(watched)

    def _start(self, watched: _Watched) -> None:
        part = watched.part
        part.start()
        watched.started = time.monotonic()
        watched.start_again_at = None
        self._follow(part)
        self._changed()

    def _follow(self, part: Part) -> None:
        process = part.process
        if process is not None and process.stdout is not None:
            self._selector.register(process.stdout, selectors.EVENT_READ, part.name)

    def _run_once(self, part: CommandPart) -> None:
        part.start()
        self._follow(part)
        process = part.process
        assert process is not None
        while process.poll() is None:
            self._wait(_LONGEST_SLEEP)
            if self.stopping:
                part.ask_to_stop()
        self._read_rest(part)
        if process.returncode != 0 and not self.stopping:
            raise Unavailable(f"{part.name} failed (see its lines above); Custos was not started.")

    def _revive(self) -> None:
        now = time.monotonic()
        for watched in self._watched:
            part = watched.part
            if watched.start_again_at is None and not _runs(part):
                self._read_rest(part)
                delay = watched.backoff.after_crash(ran_seconds=now - watched.started)
                watched.start_again_at = now + delay
                self._lines.say(part.name, f"ended ({_ending(part)}); again in {delay:g} s")
                self._changed()
            if watched.start_again_at is not None and now >= watched.start_again_at:
                self._start_again(watched)

    def _start_again(self, watched: _Watched) -> None:
        try:
            self._start(watched)
        except (CustosError, OSError) as error:  # a full disk, say: it may pass
            delay = watched.backoff.after_crash(ran_seconds=0)
            watched.start_again_at = time.monotonic() + delay
            self._lines.say(watched.part.name, f"did not start: {error}; again in {delay:g} s")

    def _notice_readiness(self) -> None:
        if not self.ready and self._is_ready():
            self.ready = True
            self._changed()

    def _until_next_start(self) -> float:
        due = [
            watched.start_again_at
            for watched in self._watched
            if watched.start_again_at is not None
        ]
        longest = _LONGEST_SLEEP if self.ready else _PROBE_SECONDS
        return min([longest, *(max(0.0, at - time.monotonic()) for at in due)])

    def _wait(self, seconds: float) -> None:
        """Sleep until something happens, at most `seconds`, and print what the parts wrote."""
        for key, _ in self._selector.select(seconds):
            chunk = os.read(key.fd, 65536)
            if key.data is None:
                continue  # a signal's wake-up byte: its handler has run
            self._lines.feed(key.data, chunk)
            if not chunk:
                self._selector.unregister(key.fileobj)

    def _read_rest(self, part: Part) -> None:
        """Print what an ended part still had in its pipe, and let go of the pipe."""
        stream = part.process.stdout if part.process is not None else None
        if stream is None or stream.closed:
            return
        if stream in self._selector.get_map():
            os.set_blocking(stream.fileno(), False)
            try:
                while chunk := os.read(stream.fileno(), 65536):
                    self._lines.feed(part.name, chunk)
            except BlockingIOError:
                pass  # a child that outlives the part holds the pipe open
            self._lines.feed(part.name, b"")
            self._selector.unregister(stream)
        stream.close()

    def _stop_all(self) -> None:
        """The commands side by side, then the services, the database last."""
        commands = [*self._preparations, *self._commands]
        for part in commands:
            part.ask_to_stop()
        give_up = time.monotonic() + _GRACE_SECONDS
        while any(map(_runs, commands)) and time.monotonic() < give_up and not self._hurried:
            self._wait(0.2)
        for part in commands:
            part.end_group()
            self._read_rest(part)
        for service in reversed(self._services):
            service.stop()
        self._changed()


def _runs(part: Part) -> bool:
    return part.process is not None and part.process.poll() is None


def _ending(part: Part) -> str:
    """How its process ended, in words."""
    code = part.process.returncode if part.process is not None else None
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
