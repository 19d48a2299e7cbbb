"""Is the process alive, and is each part that it needs?"""

from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from kombu.exceptions import OperationalError

from core.audit.stall import stall
from core.clock import now
from core.media.standing import sandbox_state
from core.outbox import measures


def healthz(request: HttpRequest) -> JsonResponse:
    """Say that the process answers."""
    return JsonResponse({"state": "ok"})


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError as error:
        return type(error).__name__
    return "ok"


def _broker() -> str:
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=0, timeout=1)
    except (OSError, OperationalError) as error:
        return type(error).__name__
    return "ok"


def _jobs() -> str:
    """Tell of due jobs that no worker is at, of a sweeper that is gone, and of dead jobs."""
    try:
        oldest, swept, dead = measures.due_since(), measures.swept_at(), measures.dead()
    except DatabaseError as error:
        return type(error).__name__
    late = now() - timedelta(minutes=1)
    told = []
    if oldest is not None and oldest < late:
        told.append(f"the oldest has been due since {oldest.isoformat(timespec='seconds')}")
    if swept is not None and swept < late:
        told.append(f"the sweeper is away since {swept.isoformat(timespec='seconds')}")
    if dead:
        told.append(f"{dead} dead {'job waits' if dead == 1 else 'jobs wait'} for the operator")
    return "; ".join(told) or "ok"


def _store() -> str:
    if settings.OBJECT_STORE_BUCKET:
        return "ok"
    folder = settings.OBJECT_STORE_FOLDER
    return "ok" if folder.is_dir() else "the object folder is missing"


def _log() -> str:
    """Report a log that stands still, with what holds it back."""
    try:
        found = stall()
    except DatabaseError as error:
        return type(error).__name__
    return "ok" if found is None else str(found)


def parts_now() -> dict[str, str]:
    """Ask each part how it is: `ok`, or what is wrong with it."""
    return {
        "database": _database(),
        "broker": _broker(),
        "jobs": _jobs(),
        "log": _log(),
        "store": _store(),
        "sandbox": sandbox_state(),
    }


def readyz(request: HttpRequest) -> JsonResponse:
    """Tell each part's state; 503 when the database or the store is down."""
    parts = parts_now()
    ready = parts["database"] == "ok" and parts["store"] == "ok"
    return JsonResponse({"ready": ready, "parts": parts}, status=200 if ready else 503)
