import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from core.audit.sequencer import run


class Command(BaseCommand):
    help = "Gives the log's entries their indices and signs checkpoints."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        run(stop)
