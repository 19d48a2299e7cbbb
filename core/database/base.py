"""Django's backend, but that a connection of the pool is not asked at each request if it lives."""

import select
from typing import Any

from django.db.backends.postgresql import base
from django.utils.asyncio import async_unsafe
from psycopg import OperationalError
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """Asking is a trip to the server, as long as many a request's own.

    A server that has ended a connection has said so, or closed it, and either can be seen on the
    socket without asking; only then it is asked. Whoever is told otherwise by the network alone
    finds out with the first statement, as with any connection that is in use.
    """

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
