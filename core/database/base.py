"""Django's backend, with a pool that trusts what it holds, and instants that are read quickly."""

import select
from datetime import UTC, datetime
from typing import Any

from django.db.backends.postgresql import base
from django.utils.asyncio import async_unsafe
from psycopg import OperationalError
from psycopg.types.datetime import TimestamptzLoader
from psycopg_pool import ConnectionPool


class InstantLoader(TimestamptzLoader):
    """Instants of a connection whose zone is UTC: a sixth of the time that Django's loader takes.

    Django reads each by a pattern and puts the zone on after that.
    """

    #: Django asks by it whether the loader fits the connection.
    timezone = UTC

    def load(self, data: Any) -> datetime:
        """Read an instant as the server writes it."""
        try:
            instant = datetime.fromisoformat(bytes(data).decode())
        except ValueError:  # of no year that Python knows: the driver says so
            instant = super().load(data)
        return instant.astimezone(UTC)


class DatabaseWrapper(base.DatabaseWrapper):
    """A pool's connection is not asked at each request if it lives.

    Asking is a trip to the server, as long as many a request's own.

    A server that has ended a connection has said so, or closed it, and either can be seen on the
    socket without asking; only then it is asked. Whoever is told otherwise by the network alone
    finds out with the first statement, as with any connection that is in use.
    """

    def get_connection_params(self) -> dict[str, Any]:
        """Give what a connection is opened with."""
        given: dict[str, Any] = super().get_connection_params()
        if self.timezone == UTC:
            given["context"].register_loader("timestamptz", InstantLoader)
        return given

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Give a connection; of a pool the first that is not seen to have ended."""
        connection = super().get_new_connection(conn_params)
        # After a restart of the server, each one that the pool holds has ended.
        for _ in range(self.pool.max_size if self.pool else 0):
            if _lives(connection):
                break
            self.pool.putconn(connection)  # which finds it closed, and opens another
            connection = super().get_new_connection(conn_params)
        return connection


def _lives(connection: Any) -> bool:
    if not _has_come(connection.fileno()):
        return True
    try:
        ConnectionPool.check_connection(connection)
    except OperationalError:
        return False
    return True


def _has_come(socket: int) -> bool:
    waiting = select.poll()
    waiting.register(socket, select.POLLIN)
    return bool(waiting.poll(0))
