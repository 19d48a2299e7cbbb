"""GET /metrics: the state of the queue and of the log in Prometheus' text format.

Numbers of the whole portal: no organization, person or object is named. Read from the database at
each scrape, so that they are right whichever process answers and whichever has died.
"""

from collections.abc import Iterator
from datetime import datetime
from hmac import compare_digest

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.registry import Collector

from core.audit.sequencer import waiting_since
from core.clock import now
from core.errors import NotFound
from core.outbox import measures
from core.outbox.sweeper import waiting_messages

_LOOPBACK = {"127.0.0.1", "::1"}
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
TEXT = "text/plain; version=0.0.4; charset=utf-8"


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer who may ask; for others there is nothing here."""
    if not _may_read(request):
        raise NotFound
    registry = CollectorRegistry()
    registry.register(_Portal())
    try:
        return HttpResponse(generate_latest(registry), content_type=TEXT)
    except DatabaseError as error:
        return HttpResponse(f"# {type(error).__name__}\n", content_type=TEXT, status=503)


def _may_read(request: HttpRequest) -> bool:
    """A token, where one is set, decides alone; else a peer on this machine, behind no proxy.

    A proxy on this machine connects from loopback too: it must set CUSTOS_METRICS_TOKEN, or name
    whom it speaks for, as proxies do.
    """
    token: str = settings.METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "")
        return compare_digest(given.encode(), f"Bearer {token}".encode())
    proxied = any(header in request.META for header in _FORWARDED)
    return request.META.get("REMOTE_ADDR") in _LOOPBACK and not proxied


class _Portal(Collector):
    def collect(self) -> Iterator[Gauge]:
        yield from _queue()
        yield from _durations()
        yield _age("custos_log_waiting_seconds", "Oldest log entry without index.", waiting_since())
        swept = measures.swept_at()
        yield _age("custos_sweeper_round_age_seconds", "Since the sweeper's last round.", swept)
        messages = waiting_messages()
        yield Gauge(
            "custos_broker_up", "1 when the broker answers.", value=float(messages is not None)
        )
        yield Gauge("custos_broker_messages", "Messages no worker took.", value=messages or 0)


def _queue() -> Iterator[Gauge]:
    labels = ["state", "kind", "priority"]
    jobs = Gauge("custos_jobs", "Jobs that are not done.", labels=labels)
    for depth in measures.depths():
        jobs.add_metric([depth.state, depth.kind, str(depth.priority)], depth.count)
    yield jobs
    yield Gauge("custos_jobs_dead", "Jobs that wait for the operator.", value=measures.dead())
    yield _age("custos_jobs_due_age_seconds", "Oldest due, open job.", measures.due_since())


def _durations() -> Iterator[Gauge]:
    """Gauges over the last hour: counters would fall when old rows are pruned."""
    done = Gauge("custos_jobs_done_last_hour", "Jobs done in the last hour.", labels=["kind"])
    attempts = Gauge("custos_job_attempts_last_hour", "Their attempts.", labels=["kind"])
    seconds = Gauge("custos_job_run_seconds", "Seconds they took.", labels=["kind", "quantile"])
    for duration in measures.durations():
        done.add_metric([duration.kind], duration.count)
        attempts.add_metric([duration.kind], duration.attempts)
        seconds.add_metric([duration.kind, "0.5"], duration.median)
        seconds.add_metric([duration.kind, "0.95"], duration.p95)
    yield from (done, attempts, seconds)


def _age(name: str, text: str, since: datetime | None) -> Gauge:
    """Seconds since an instant; 0 when there is none."""
    return Gauge(name, text, value=max(0.0, (now() - since).total_seconds()) if since else 0.0)
