import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, connection

from core.outbox import pruning
from core.outbox.periodic import run_due
from core.outbox.sweeper import sweep

log = logging.getLogger(__name__)

#: Imported so that it is registered with the other upkeep.
PRUNE = pruning.prune


class Command(BaseCommand):
    help = "Re-sends open jobs and takes back those of dead workers, once a second."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        while not stop.wait(1.0):
            try:
                sweep()
                run_due()
            except (OperationalError, InterfaceError) as error:
                log.warning("sweeper waits for the database: %s", error)
                connection.close()
