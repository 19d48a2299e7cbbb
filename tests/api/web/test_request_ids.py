"""The id on an error page is in the answer's header and in each line that the request logged."""

import logging
import re

import pytest
from django.test import Client

from core.web.request_ids import RequestIdFilter


@pytest.fixture
def lines():
    """What the program logs, as its handler writes it."""
    written = []

    class Kept(logging.Handler):
        def emit(self, record):
            written.append(self.format(record))

    handler = Kept()
    handler.setFormatter(logging.Formatter("%(name)s [%(request_id)s] %(message)s"))
    handler.addFilter(RequestIdFilter())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def test_what_breaks_can_be_found_by_the_id_that_is_quoted(cast, monkeypatch, lines):
    def breaks(*_, **__):
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("core.web.pages.home_of", breaks)
    client = Client(raise_request_exception=False)
    client.force_login(cast.clara, backend="allauth.account.auth_backends.AuthenticationBackend")

    answer = client.get("/")

    assert answer.status_code == 500
    quoted = re.search(r'<dd class="mono">([0-9a-f]{12})</dd>', answer.content.decode())[1]
    assert answer["X-Request-Id"] == quoted
    assert any(f"django.request [{quoted}]" in line for line in lines)


def test_an_error_of_ours_that_a_page_meets_is_logged_with_the_id(cast, monkeypatch, lines):
    from core.errors import Unavailable

    def away(*_, **__):
        raise Unavailable("The store is away.")

    monkeypatch.setattr("core.web.pages.home_of", away)
    client = Client()
    client.force_login(cast.clara, backend="allauth.account.auth_backends.AuthenticationBackend")

    answer = client.get("/")

    assert answer.status_code == 503
    assert f"[{answer['X-Request-Id']}] unavailable: The store is away." in "\n".join(lines)
