"""Statements that run thousands of times a minute: planned once a connection, sent in one go.

Django binds parameters in the client, so that its statements are planned at every call; for one
that only writes a few rows, planning costs more than running it. psycopg's own pipeline sends each
statement by itself and lets go of Python's lock each time; with many threads that costs more than
the statements. Here all of them leave at once, prepared, and the thread sleeps until all answers
are there.

The names of what is prepared are kept here and not by psycopg, which has the server forget all of
them at each rollback.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection
from psycopg.abc import PQGen
from psycopg.abc import Transformer as Adapter
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait

#: A statement with parameters as %(name)s, and their values.
Statement = tuple[str, Mapping[str, Any]]
Rows = list[tuple[Any, ...]]

#: What each connection's server keeps planned: text and types of parameters, and its name.
_kept: WeakKeyDictionary[Any, dict[tuple[bytes, tuple[int, ...]], bytes]] = WeakKeyDictionary()


_NAME = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class _Bound:
    """A statement as it goes to the server."""

    key: tuple[bytes, tuple[int, ...]]
    name: bytes
    new: bool
    values: Sequence[Any]
    formats: Sequence[Any]


def run_prepared(sql: str, values: Mapping[str, Any]) -> Rows:
    """Run one statement and give its rows; see `run_together`."""
    [rows] = run_together([(sql, values)])
    return rows


def run_together(statements: Sequence[Statement], *, last: bool = False) -> list[Rows]:
    """Run statements in one go; give the rows of each.

    Outside a transaction they make one: all of them hold, or none. Each sees what those before it
    did, and what others had committed when it began. They stay planned on the connection.
    `last`: nothing follows in the transaction, so that it is committed with them, if it is not a
    part of another. Raises django.db's errors, those of the first statement that failed.
    """
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    if connection.queries_logged or connection.execute_wrappers:
        _show(statements)
    adapter = Transformer(raw)
    kept = _kept.setdefault(raw, {})
    with connection.wrap_database_errors, raw.lock:
        names = dict(kept)
        bound = [_bind(adapter, names, *held) for held in statements]
        begin = not raw.autocommit and raw.pgconn.transaction_status == TransactionStatus.IDLE
        # Whoever opened the transaction finds it committed, and has nothing left to do.
        commit = last and connection.in_atomic_block and not connection.savepoint_ids
        raw.pgconn.enter_pipeline_mode()
        try:
            results = raw.wait(_exchange(raw.pgconn, bound, begin=begin, commit=commit))
        except BaseException:
            raw.close()  # what is still on its way would be taken for the next answer
            raise
        raw.pgconn.exit_pipeline_mode()
        answers = _read(raw, adapter, kept, bound, results[1:] if begin else results)
        if commit:
            _require(raw, results[-1])
        return answers


def _show(statements: Sequence[Statement]) -> None:
    """Tell whoever counts or reads Django's queries of those that pass it by."""
    for sql, _ in statements:
        if connection.queries_logged:
            connection.queries_log.append({"sql": sql, "time": "0"})
        for wrapper in connection.execute_wrappers:
            wrapper(lambda *_: None, sql, None, False, {"connection": connection})  # noqa: FBT003


@lru_cache(maxsize=256)
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """Give the statement with the server's own $1, $2, ... and the names in that order."""
    names = tuple(dict.fromkeys(_NAME.findall(sql)))
    place = {name: f"${number}" for number, name in enumerate(names, 1)}
    return _NAME.sub(lambda found: place[found[1]], sql).replace("%%", "%").encode(), names


def _bind(adapter: Adapter, names: dict[Any, bytes], sql: str, values: Mapping[str, Any]) -> _Bound:
    text, order = _numbered(sql)
    sent = adapter.dump_sequence([values[name] for name in order], [PyFormat.AUTO] * len(order))
    key = (text, tuple(adapter.types or ()))
    new = key not in names
    name = names.setdefault(key, b"custos_%d" % len(names))
    return _Bound(key, name, new, sent, adapter.formats or ())


def _exchange(
    server: PGconn, bound: Sequence[_Bound], *, begin: bool, commit: bool
) -> PQGen[list[PGresult]]:
    """Send all and gather one list of results for each message."""
    if begin:
        server.send_query_params(b"BEGIN", None)
    for statement in bound:
        if statement.new:
            server.send_prepare(statement.name, statement.key[0], statement.key[1])
        server.send_query_prepared(statement.name, statement.values, statement.formats)
    if commit:
        server.send_query_params(b"COMMIT", None)
    server.pipeline_sync()
    while server.flush():
        ready = yield Wait.RW
        if ready & Ready.R:
            server.consume_input()
    return (yield from _gather(server))


def _gather(server: PGconn) -> PQGen[list[PGresult]]:
    """Wait for the results of all that was sent."""
    results: list[PGresult] = []
    while True:
        while server.is_busy():
            yield Wait.R
            server.consume_input()
        found = server.get_result()
        if found is None:
            continue
        if found.status == ExecStatus.PIPELINE_SYNC:
            return results
        results.append(found)


def _read(
    raw: Any, adapter: Adapter, kept: Any, bound: Sequence[_Bound], results: list[PGresult]
) -> list[Rows]:
    answers, left = [], iter(results)
    for statement in bound:
        if statement.new:
            _require(raw, next(left))
            kept[statement.key] = statement.name
        found = next(left)
        _require(raw, found)
        adapter.set_pgresult(found)
        answers.append(adapter.load_rows(0, found.ntuples, tuple))
    return answers


def _require(raw: Any, found: PGresult) -> None:
    if found.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
        raise psycopg.errors.error_from_result(found, encoding=raw.info.encoding)
