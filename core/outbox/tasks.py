"""The one Celery task, and what a worker does when it is told to stop."""

import logging
import threading
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings
from django.db import Error, connection

from core.outbox.claims import WORKER
from core.outbox.jobs import run_next
from core.outbox.sweeper import hand_back
from core.outbox.waking import TASK

log = logging.getLogger(__name__)


@shared_task(name=TASK, ignore_result=True)
def run_job() -> None:
    """Run the job whose turn it is; the rows decide, not the message."""
    run_next()


@worker_shutting_down.connect
def let_go(**_: Any) -> None:
    """Give jobs a moment to end; what has not ended by then is another worker's at once."""
    timer = threading.Timer(settings.JOB_STOP_GRACE, _hand_back)
    timer.daemon = True  # a worker whose jobs have ended does not wait for it
    timer.start()


def _hand_back() -> None:
    try:
        count = hand_back(worker=WORKER)
    except Error as error:
        log.warning("jobs wait for the heartbeat limit: %s", type(error).__name__)
    else:
        log.warning("%d jobs handed back", count)
    finally:
        connection.close()
