"""Querysets that run with every request: compiled once a process, planned once a connection.

Django writes the SQL of a queryset anew at each use, which takes several times as long as the
database takes to answer by a key.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID
from weakref import WeakSet

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models.query import get_related_populators

from core.ids import new_id
from core.tenancy.scope import ScopeRequired, compiling_for, current_tenant, scope
from core.tenancy.statements import Rows, Statement, run_together

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")

_SINCE = datetime(2000, 1, 1, tzinfo=UTC)
#: In SQL: the tenant whose scope the transaction has open, for the policies.
OPEN_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
#: A value of each type that no queryset holds by itself: it marks the place of a parameter.
_MARKS: dict[type, Callable[[], Any]] = {
    UUID: new_id,
    bytes: lambda: secrets.token_bytes(16),
    int: lambda: secrets.randbelow(10**9) + 10**6,
    str: lambda: secrets.token_hex(16),
    datetime: lambda: _SINCE + timedelta(microseconds=secrets.randbelow(10**15)),
    list: lambda: [new_id()],
}


@models.UUIDField.register_lookup
class AnyOf(models.Lookup):
    """`name__any_of=ids`: like `in`, but the ids are one parameter however many they are."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if not self.rhs:
            raise EmptyResultSet  # nobody need ask the database, as with `in`
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} = any(%s)", [*parameters, self.rhs]


_all: "WeakSet[Prepared[Any]]" = WeakSet()


def compile_all() -> None:
    """Compile all there are, in the caller's transaction: the first to ask waits for none."""
    for prepared in list(_all):
        prepared.compiled()


@dataclass(frozen=True)
class _Compiled:
    """The statement with its parameters by name, and how a row becomes an object."""

    sql: str
    constants: dict[str, Any]
    rows: Callable[[Rows], list[Any]]


@dataclass(frozen=True, slots=True)
class Asking(Generic[T]):
    """A statement, written where it is sent as the scope is a part of it, and its reader."""

    statement: Callable[[], Statement]
    read: Callable[[Rows], T]


def ask_together(*asked: Asking[Any]) -> list[Any]:
    """Run several in one trip; give what each found. Raises django.db's errors."""
    answers = run_together([asking.statement() for asking in asked])
    return [asking.read(rows) for asking, rows in zip(asked, answers, strict=True)]


@contextmanager
def scope_asking(tenant: UUID, *asked: Asking[Any]) -> Iterator[list[Any]]:
    """Open a scope as `scope` does, and give what each found, in the same trip."""
    with scope(tenant, first=lambda: [asking.statement() for asking in asked]) as answers:
        yield [asking.read(rows) for asking, rows in zip(asked, answers, strict=True)]


class Prepared(Generic[M]):
    """`Prepared(build, name=UUID, ...)`: what `build(name=...)` finds, as often as it is called.

    build: gives a queryset of model instances; it must not look at the values, and not leave a
        condition out or put one in: it is called once, with stand-ins.
    The open scope's tenant is a parameter like the others, so without a scope a call raises
    ScopeRequired, as the queryset would.
    """

    def __init__(self, build: Callable[..., models.QuerySet[M]], **kinds: type) -> None:
        self._build = build
        self._kinds = kinds
        self._compiled: _Compiled | None = None
        _all.add(self)

    def __call__(self, **values: Any) -> list[M]:
        """Run it. Raises django.db's errors."""
        found: list[M]
        [found] = ask_together(self.asking(**values))
        return found

    def first(self, **values: Any) -> M | None:
        """Give the first of what is found: let the queryset end with `[:1]`."""
        found = self(**values)
        return found[0] if found else None

    def asking(self, **values: Any) -> "Asking[list[M]]":
        """Give it with its values, to be run together with others."""

        def statement() -> Statement:
            compiled = self.compiled()
            given = {**compiled.constants, **values}
            if "tenant" in compiled.constants:
                given["tenant"] = current_tenant()
                if given["tenant"] is None:
                    raise ScopeRequired("No tenant scope is open; open one with scope().")
            return compiled.sql, given

        return Asking(statement, lambda rows: self.compiled().rows(rows))

    def written(self, **sql: str) -> "Asking[list[M]]":
        """Give it with SQL in place of its values, in the scope that a statement before it opened.

        For what follows, in one trip, the statement that finds the values.
        """

        def statement() -> Statement:
            compiled = self.compiled()
            text = compiled.sql
            for name, value in {"tenant": OPEN_TENANT, **sql}.items():
                text = text.replace(f"%({name})s", value)
            return text, compiled.constants

        return Asking(statement, lambda rows: self.compiled().rows(rows))

    def compiled(self) -> _Compiled:
        """Compile it at its first use: one that locks rows needs the transaction of its use."""
        self._compiled = self._compiled or self._compile()
        return self._compiled

    def _compile(self) -> _Compiled:
        marks = {name: _MARKS[kind]() for name, kind in self._kinds.items()}
        tenant = new_id()
        with compiling_for(tenant):
            query = self._build(**marks).query
        compiler = query.get_compiler(using="default")
        sql, parameters = compiler.as_sql()
        names = {**marks, "tenant": tenant}
        constants: dict[str, Any] = {}
        placed: list[str] = []
        for number, parameter in enumerate(parameters):
            # Binary values are wrapped for the driver.
            plain = getattr(parameter, "obj", parameter)
            known = [n for n, mark in names.items() if type(mark) is type(plain) and mark == plain]
            name = known[0] if known else f"constant_{number}"
            if name == "tenant" or not known:
                constants[name] = None if known else parameter
            placed.append(f"%({name})s")
        return _Compiled(sql % tuple(placed), constants, _instances(compiler))


def _instances(compiler: Any) -> Callable[[Rows], list[Any]]:
    """As django.db.models.query.ModelIterable makes instances of rows, related ones included."""
    selected, kind = compiler.select, compiler.klass_info
    model, places = kind["model"], kind["select_fields"]
    start, end = places[0], places[-1] + 1
    attributes = [column[0].target.attname for column in selected[start:end]]
    # The stubs are of a later Django, which asks for one thing more.
    related = get_related_populators(kind, selected, "default")  # type: ignore[call-arg]
    converters = compiler.get_converters([column[0] for column in selected[: compiler.col_count]])

    def instances(rows: Sequence[Sequence[Any]]) -> list[Any]:
        made = []
        for row in compiler.apply_converters(rows, converters) if converters else rows:
            instance = model.from_db("default", attributes, row[start:end])
            for populator in related:
                populator.populate(row, instance)
            made.append(instance)
        return made

    return instances
