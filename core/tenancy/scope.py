"""The scope of one organization: the first of the three walls between tenants.

`with scope(tenant_id):` opens a transaction in which the scoped managers and PostgreSQL's
row-level security both show the rows of that one organization and nothing else. The setting is
transaction-local, so a pooled connection can't carry it to the next request; a savepoint does not
restore it, so the old value is put back on exit.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connection, transaction

from core.errors import CustosError
from core.tenancy.asking import asking_person
from core.tenancy.statements import Rows, Statement, run_together

_current: ContextVar[UUID | None] = ContextVar("current_tenant", default=None)


class ScopeRequired(CustosError):
    """Tenant-owned rows were asked for with no scope open: a programming error, so fail closed."""

    code = "scope_required"


def current_tenant() -> UUID | None:
    """Give the organization whose scope is open, if any."""
    return _current.get()


def require_tenant() -> UUID:
    """Give the organization whose scope is open. Raises ScopeRequired."""
    tenant = _current.get()
    if tenant is None:
        raise ScopeRequired("No tenant scope is open; open one with core.tenancy.scope.scope().")
    return tenant


_asker: ContextVar[UUID | None] = ContextVar("scope_asker", default=None)

_SETTINGS = (
    "select set_config('app.tenant', %(tenant)s, true), set_config('app.person', %(person)s, true),"
    " set_config('app.system', %(system)s, true)"
)


def _set(
    tenant: UUID | None, person: UUID | None, following: Sequence[Statement] = ()
) -> list[Rows]:
    """Tell the policies the tenant and who asks: a person, the system, or nobody with no tenant.

    Gives the rows of the statements that follow in the same trip.
    """
    system = "on" if tenant is not None and person is None else ""
    values = {
        "tenant": "" if tenant is None else str(tenant),
        "person": "" if person is None else str(person),
        "system": system,
    }
    connection.validate_no_broken_transaction()
    return run_together([(_SETTINGS, values), *following])[1:]


def asking() -> dict[str, str]:
    """Give the parameters of `opening`."""
    person = asking_person()
    return {"asker": "" if person is None else str(person), "system": "" if person else "on"}


def opening(tenant: str) -> str:
    """Give the columns that open, in a select, the scope of the tenant that it finds itself.

    tenant: SQL of its id. The statements after it are in the scope, for the policies alone, to the
    end of the transaction; so the select must say by itself who may be there. Parameters: `asking`.
    """
    return (
        f"set_config('app.tenant', {tenant}::text, true),"
        " set_config('app.person', %(asker)s, true), set_config('app.system', %(system)s, true)"
    )


def in_one_transaction(statements: Sequence[Statement]) -> list[Rows]:
    """Run statements that open a scope by themselves in one go; give the rows of each.

    They are a transaction of their own, or a part of the caller's.
    """
    if not connection.in_atomic_block:
        return run_together(statements)
    with keeping_scope():
        return run_together(statements)


@contextmanager
def keeping_scope() -> Iterator[None]:
    """Open a transaction whose statements may open scopes by themselves; put the scope back."""
    with transaction.atomic():
        yield
        _set(_current.get(), _asker.get())


@contextmanager
def compiling_for(stand_in: UUID) -> Iterator[None]:
    """Let querysets be written, not run, as if the scope of `stand_in` were open."""
    token = _current.set(stand_in)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def scope(
    tenant: UUID,
    *,
    savepoint: bool = True,
    durable: bool = False,
    first: Callable[[], Sequence[Statement]] = tuple,
) -> Iterator[list[Rows]]:
    """Open the scope of `tenant` in a transaction of its own, or nested in the caller's.

    `first` gives statements that are run in it with the trip that opens it; their rows are given.

    A nested scope of another tenant hides the outer one's rows and restores them on exit. Without
    a savepoint an error inside takes the caller's whole transaction back, for two trips less.
    Raises RuntimeError for a `durable` scope inside a transaction: it would not be committed yet.
    """
    outer, outer_asker = _current.get(), _asker.get()
    person = asking_person()
    nested = connection.in_atomic_block
    with transaction.atomic(savepoint=savepoint, durable=durable):
        token, asker_token = _current.set(tenant), _asker.set(person)
        done = False
        try:
            yield _set(tenant, person, first())
            done = True
        finally:
            _current.reset(token)
            _asker.reset(asker_token)
            # Its own transaction's end takes the setting back with all else, as a rollback does; a
            # failed transaction runs nothing.
            if nested and done and not connection.needs_rollback and connection.in_atomic_block:
                _set(outer, outer_asker)
