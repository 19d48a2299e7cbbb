"""The parent's side of the detector child: start it, show it pictures, stop it."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from core.errors import Misconfigured, Unavailable
from core.media.errors import SandboxUnavailable
from core.media.sandbox import ALLOW_NO_LANDLOCK
from workforce.redaction.boxes import Boxes, no_boxes
from workforce.redaction.detectors.base import Detections, Frame
from workforce.redaction.detectors.recipe import HEADER, UNCONFINED, Mode, Role, Subject

ROOT = Path(__file__).resolve().parents[3]
CHILD = "workforce.redaction.detectors.child"
START_SECONDS = 120.0  # loading the graphs takes about 1 s; a cold disk takes longer
PICTURE_SECONDS = 600.0  # about 3 s for 1920 x 1080 on two cores; a busy machine takes longer
ANSWER_BYTES = 8 << 20  # a hit takes some fifty

# A picture of 3840 x 2160 takes 3.1 GB of address space.
LIMITS = {"cpu_seconds": 8 * 3600, "memory_bytes": 8 << 30, "open_files": 32}


def usable_cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


class DetectorProcess:
    """A child that has its models loaded once; use as a context manager.

    Raises Misconfigured when a model is not installed, SandboxUnavailable when this machine can't
    confine it, Unavailable when the child dies or hangs. Use it on one thread: it dies with that.
    """

    def __init__(
        self,
        *,
        mode: Mode,
        subjects: tuple[Subject, ...],
        role: Role = Role.FIND,
        overlays: Boxes | None = None,
        threads: int | None = None,
    ) -> None:
        self._recipe = {
            "mode": mode,
            "subjects": list(subjects),
            "role": role,
            "overlays": (no_boxes() if overlays is None else overlays).tolist(),
            "threads": threads or usable_cores(),
            "confinement": {
                "limits": LIMITS,
                "parent": os.getpid(),
                "slot": time.monotonic_ns() >> 10,
                "allow_no_landlock": os.environ.get(ALLOW_NO_LANDLOCK) == "1",
            },
        }
        self._pending = b""

    def __enter__(self) -> Self:
        # A bare environment: no secret of the worker reaches the child.
        environment = {
            "PYTHONPATH": str(ROOT),
            # libfacedetection is twice as fast on one core as on two that are shared.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            # No reports to anybody; its thread would also escape the confinement.
            "ORT_DISABLE_TELEMETRY": "1",
            "OPENCV_OPENCL_RUNTIME": "disabled",
        }
        self._child = subprocess.Popen(
            [sys.executable, "-m", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            close_fds=True,
        )
        try:
            self._send(json.dumps(self._recipe).encode() + b"\n")
            answer = self._answer(START_SECONDS)
            if "error" in answer:
                if answer.get("code") == UNCONFINED:
                    raise SandboxUnavailable(str(answer["error"]))
                raise Misconfigured(str(answer["error"]))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    def close(self) -> None:
        """End the child; it holds nothing worth a clean goodbye."""
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # it died with a picture half sent
        self._child.wait()

    def detect(self, index: int, frame: Frame) -> Mapping[Subject, Detections]:
        """Hits per subject in `frame`, uint8 (height, width, 3), blue green red."""
        height, width = frame.shape[:2]
        self._send(HEADER.pack(index, height, width))
        self._send(np.ascontiguousarray(frame).data.cast("B"))
        hits = self._answer(PICTURE_SECONDS).get("hits")
        try:
            return {Subject(name): _detections(rows) for name, rows in dict(hits or {}).items()}
        except (TypeError, ValueError) as error:
            raise _nonsense() from error

    def _send(self, data: bytes | memoryview) -> None:
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(data)
            self._child.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None

    def _answer(self, seconds: float) -> dict[str, Any]:
        assert self._child.stdout is not None
        ends = time.monotonic() + seconds
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._child.stdout, selectors.EVENT_READ)
            while b"\n" not in self._pending:
                if not waiting.select(ends - time.monotonic()):
                    raise Unavailable("The detector did not answer in time; try again.")
                piece = os.read(self._child.stdout.fileno(), 1 << 16)
                if not piece:
                    raise self._died()
                self._pending += piece
                if len(self._pending) > ANSWER_BYTES:
                    raise _nonsense()
        line, _, self._pending = self._pending.partition(b"\n")
        return _words(line)

    def _died(self) -> Unavailable:
        return Unavailable(
            f"The detector process ended with status {self._child.wait()}; try again. If it "
            "happens on every try, the clip has a picture that the detector cannot take."
        )


def _words(line: bytes) -> dict[str, Any]:
    try:
        words = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _nonsense() from error
    if not isinstance(words, dict):
        raise _nonsense()
    return words


def _nonsense() -> Unavailable:
    """What a picture may have taught a model to say is no reason to believe it."""
    return Unavailable("The detector process answered with nonsense; try again.")


def _detections(rows: list[list[float]]) -> Detections:
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return Detections(table[:, :4], table[:, 4])
