"""Decoder child -> NUT -> ffmpeg child -> fragmented MP4, a piece at a time, to the parent."""

import fcntl
import os
import selectors
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from core.media.errors import MediaFailed, MediaTimedOut
from core.media.ffmpeg_program import open_ffmpeg
from core.media.sandbox import Child, Limits, SeekableReader

_PIECE_BYTES = 1 << 20  # also the kernel's usual ceiling for an ordinary user's pipe


def transcode(
    source: SeekableReader,
    *,
    work: str,
    options: Mapping[str, object],
    arguments: Callable[[dict[str, Any]], list[str]],
    told: Callable[[Any], None],
    wrote: Callable[[bytes], None],
    limits: Limits,
) -> Any:
    """Run `work` (which writes NUT to its option `nut`) and ffmpeg side by side.

    arguments: makes ffmpeg's command line from the first message of the work, the facts.
    told: gets every later message (a JSON value, or bytes). wrote: gets ffmpeg's output.
    Returns what the work returned. Raises MediaRefused, MediaFailed, MediaTimedOut,
    SandboxUnavailable, and what the source or `wrote` raise.
    """
    with ExitStack() as stack:
        pictures_out, pictures_in = _pipe()
        with _closing(pictures_out):
            with _closing(pictures_in):
                decoder = stack.enter_context(
                    Child(
                        work,
                        source=source,
                        options={**options, "nut": pictures_in},
                        limits=limits,
                        pass_fds=(pictures_in,),
                    )
                )
            facts = next(decoder.messages()).value
            output, encoder_output = _pipe()
            stack.callback(os.close, output)
            with _closing(encoder_output):
                encoder = stack.enter_context(
                    _start_ffmpeg(arguments(facts), pictures_out, encoder_output, limits)
                )
        try:
            result = _pump(decoder, output, told, wrote)
        except MediaFailed as failure:
            raise _first_cause(failure, encoder) from failure
        encoder.wait()
        return result


def _pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    with suppress(PermissionError):  # the person's allowance of large pipes is used up
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIECE_BYTES)
    return reading, writing


@contextmanager
def _closing(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)


def _start_ffmpeg(arguments: list[str], pictures: int, output: int, limits: Limits) -> Child:
    with open_ffmpeg() as program:
        child = Child(
            "core.media.inside.launching:launch",
            options={"program": program.descriptor, "arguments": arguments},
            limits=limits,
            program=program.descriptor,
            needs_libraries=program.needs_libraries,
            stdin=pictures,
            stdout=output,
        )
    try:
        child.wait_for_exec()
    except BaseException:
        child.close()
        raise
    return child


def _pump(
    decoder: Child, output: int, told: Callable[[Any], None], wrote: Callable[[bytes], None]
) -> Any:
    """Serve both until ffmpeg closes its output and the decoder has said its last word."""
    result = None
    with selectors.DefaultSelector() as selector:
        selector.register(decoder, selectors.EVENT_READ)
        selector.register(output, selectors.EVENT_READ)
        while selector.get_map():
            since = time.monotonic()
            ready = selector.select(decoder.patience)
            decoder.spend(time.monotonic() - since)
            for key, _ in ready:
                if key.fileobj is decoder:
                    message = decoder.receive()
                    if message is not None and message.last:
                        result = message.value
                        selector.unregister(decoder)
                    elif message is not None:
                        told(message.value if message.data is None else bytes(message.data))
                    continue
                piece = os.read(output, _PIECE_BYTES)
                if piece:
                    wrote(piece)
                else:
                    selector.unregister(output)
    return result


def _first_cause(failure: MediaFailed, encoder: Child) -> MediaFailed:
    """When the decoder's pipe broke, ffmpeg knows why."""
    words = encoder.error_text().strip()
    if isinstance(failure, MediaTimedOut) or not words:
        return failure
    return MediaFailed(f"ffmpeg stopped: {words}")
