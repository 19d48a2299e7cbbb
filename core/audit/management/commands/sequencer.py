import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.audit.missed import take_up
from core.audit.sequencer import run


class Command(BaseCommand):
    help = "Gives the log's entries their indices and signs checkpoints."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--missed",
            action="store_true",
            help="append the entries that were passed by, say how many, and end",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["missed"]:
            self.stdout.write(f"Entries taken up: {take_up()}.")
            return
        stop = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        run(stop)
