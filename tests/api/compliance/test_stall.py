"""A transaction that is left open stops every log: the operator is told which one."""

import logging
from datetime import timedelta

import psycopg
import pytest
from django.db import connections
from django.test import Client

from core.audit.sequencer import sequence_once
from core.audit.stall import stall, watch
from core.clock import frozen, now
from tests.api.compliance.test_log_api import drain, write
from tests.cast import sign_in


@pytest.fixture
def operator(committed_cast):
    client = Client()
    sign_in(client, committed_cast.olga)
    return client


@pytest.fixture
def left_open(committed_db):
    """Somebody's script, as the owner, that has written and does not commit."""
    connection = psycopg.connect(
        **{
            **connections["owner"].get_connection_params(),
            "application_name": "nightly-export",
        }
    )
    connection.execute("select pg_current_xact_id()")
    yield connection
    connection.close()


def test_an_open_transaction_that_holds_the_log_back_is_named_everywhere(
    committed_cast, operator, settings, left_open, caplog
):
    settings.LOG_STALL_SECONDS = 30
    drain()  # what came before it
    write(committed_cast.harbour, 2)
    assert sequence_once() == 0
    assert stall() is None, "a short wait is no alarm"
    with frozen(now() + timedelta(seconds=31)):
        told = [Client().get("/readyz").json()["parts"]["log"]]
        told.append(operator.get("/operator/").content.decode())
        with caplog.at_level(logging.ERROR):
            watch()
    told.append(caplog.text)
    pid = left_open.info.backend_pid
    for text in told:
        assert f"process {pid}" in text
        assert "nightly-export" in text
        assert "entries wait since" in text.lower()

    left_open.rollback()
    assert sequence_once() == 2
    with frozen(now() + timedelta(minutes=5)):
        # The provider's own log holds the checkpoint's entry: it gets its index too.
        assert sequence_once() == 1
        assert stall() is None
        assert watch() is None
        assert "entries wait" not in operator.get("/operator/").content.decode().lower()


def test_a_log_without_a_sequencer_is_told_apart(committed_cast, settings):
    settings.LOG_STALL_SECONDS = 5
    with frozen(now() - timedelta(seconds=6)):
        write(committed_cast.harbour)
    found = stall()
    assert found.holder is None
    assert "no sequencer takes them" in str(found)
