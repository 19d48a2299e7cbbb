"""First lines of every media child: import, lock in, and only then look at the input.

Started by core.media.sandbox as `python -I -c BOOTSTRAP root entry descriptor settings` with an
empty environment.
"""

import encodings.idna  # noqa: F401  everything that is imported late elsewhere: no files later
import importlib
import json
import os
import socket
import sys
import traceback
from typing import Any

from core.media.inside.channel import FAILED, REFUSED, UNCONFINED, Channel, Source
from core.media.inside.confine import CannotConfine, confine
from core.media.inside.refusal import Refused


def main() -> None:
    _, _root, entry, descriptor, words = sys.argv
    with socket.socket(fileno=int(descriptor)) as line:
        line.set_inheritable(False)
        _serve(Channel(line), entry, json.loads(words))
    # Without the interpreter's farewell: decoder threads may still be running.
    sys.stderr.flush()
    os._exit(0)


def _serve(channel: Channel, entry: str, settings: dict[str, Any]) -> None:
    module, _, function = entry.partition(":")
    work = getattr(importlib.import_module(module), function)
    try:
        confine(**settings)
    except CannotConfine as error:
        channel.report(UNCONFINED, message=str(error))
        return
    try:
        options = channel.receive_options()
        source = Source(channel, options.pop("source_bytes"))
        channel.finish(work(channel, source, **options))
    except Refused as refusal:
        channel.report(REFUSED, reason=refusal.reason, message=str(refusal))
    except MemoryError:
        channel.report(FAILED, code="out_of_memory", message="The memory limit was reached.")
    except Exception as error:  # noqa: BLE001  the parent must hear of anything; no files to log to
        traceback.print_exc()
        channel.report(FAILED, code=type(error).__name__, message=str(error))
