"""Is the process alive, and is each part that it needs?"""

from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from kombu.exceptions import OperationalError

from core.audit.stall import stall
from core.clock import now
from core.outbox.models import Job


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
    """Report jobs that have been due for over a minute: no worker is at them."""
    try:
        late = Job.objects.filter(
            state=Job.State.OPEN, run_after__lt=now() - timedelta(minutes=1)
        ).count()
    except DatabaseError as error:
        return type(error).__name__
    return "ok" if late == 0 else f"{late} waiting for over a minute"


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


def readyz(request: HttpRequest) -> JsonResponse:
    """Tell each part's state; 503 when the database or the store is down."""
    parts = {
        "database": _database(),
        "broker": _broker(),
        "jobs": _jobs(),
        "log": _log(),
        "store": _store(),
    }
    ready = parts["database"] == "ok" and parts["store"] == "ok"
    return JsonResponse({"ready": ready, "parts": parts}, status=200 if ready else 503)
