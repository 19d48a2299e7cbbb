"""A web process that takes requests has loaded what the first of them needs."""

import asyncio

import pytest
from django.db import OperationalError
from django.http import HttpResponse

from core.tenancy.models import Organization
from core.tenancy.prepared import Prepared
from core.web import warmth


@pytest.mark.django_db
def test_every_queryset_is_compiled_and_one_request_answered():
    asked, built = [], []

    def build(slug):
        built.append(slug)
        return Organization.objects.filter(slug=slug)

    kept = Prepared(build, slug=str)

    def answer(scope, body):
        asked.append((scope["path"], body.read()))
        return HttpResponse()

    warmth.warm_up(answer)

    assert asked == [("/healthz", b"")]
    assert len(built) == 1
    assert kept(slug="nobody") == []
    assert len(built) == 1


@pytest.mark.django_db
def test_a_process_starts_while_the_database_is_away(monkeypatch, caplog):
    def away():
        raise OperationalError

    monkeypatch.setattr(warmth, "compile_all", away)
    warmth.warm_up(lambda scope, body: HttpResponse())
    assert "not warm, as the database is away: OperationalError" in caplog.text


def test_the_server_is_told_when_the_process_is_ready(monkeypatch):
    from core.web import asgi

    done, told = [], []
    monkeypatch.setattr(asgi, "warm_up", done.append)

    async def receive():
        return {"type": "lifespan.startup"}

    async def send(message):
        told.append((message["type"], len(done)))

    asyncio.run(asgi.application({"type": "lifespan"}, receive, send))
    assert told == [("lifespan.startup.complete", 1), ("lifespan.shutdown.complete", 1)]
