"""Statements that run thousands of times a minute: prepared once a connection, sent in one go."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connection
from psycopg.rows import tuple_row

#: A connection that has run a statement so often keeps its plan.
REPEATED = 3

_NAME = re.compile(r"%\((\w+)\)s")


@lru_cache(maxsize=64)
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """Give the statement with the server's own $1, $2, ... and the names in that order."""
    names = tuple(dict.fromkeys(_NAME.findall(sql)))
    place = {name: f"${number}" for number, name in enumerate(names, 1)}
    return _NAME.sub(lambda found: place[found[1]], sql).replace("%%", "%").encode(), names


def run_prepared(
    sql: str, values: Mapping[str, Any], *, after: int = REPEATED
) -> "psycopg.Cursor[tuple[Any, ...]]":
    """Run a statement that the server keeps planned once a connection has run it `after` times.

    Django binds parameters in the client, so that its statements are planned at every call; for a
    statement that only writes a few rows, planning costs more than running it. `sql` has parameters
    as %(name)s. Raises django.db's errors.
    """
    text, names = _numbered(sql)
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    before, raw.prepare_threshold = raw.prepare_threshold, after
    try:
        with connection.wrap_database_errors:
            cursor = psycopg.RawCursor(raw, row_factory=tuple_row)
            return cursor.execute(text, [values[name] for name in names])
    finally:
        raw.prepare_threshold = before


@contextmanager
def one_trip() -> Iterator[None]:
    """Send the statements of the block together; wait for answers only where one is asked for.

    What a statement raises may come as late as the block's end.
    """
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors, raw.pipeline():
        yield
