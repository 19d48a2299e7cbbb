"""With no scope open every way into a tenant's rows raises, for each model that a tenant owns."""

import inspect

import pytest

from core.tenancy.models import TenantOwned
from core.tenancy.policies import tenant_models
from core.tenancy.scope import ScopeRequired
from tests.loops import run_apart

#: Of a manager, what touches no rows: how it is set up and named.
NO_QUERY = {
    "auto_created",
    "check",
    "contribute_to_class",
    "db_manager",
    "deconstruct",
    "from_queryset",
}
ARGUMENTS = {
    "bulk_create": ([],),
    "bulk_update": ([], ["id"]),
    "dates": ("id", "year"),
    "datetimes": ("id", "hour"),
    "raw": ("select 1",),
}


def _methods(manager):
    for name, method in inspect.getmembers(manager, callable):
        if not name.startswith("_") and name not in NO_QUERY and not inspect.isclass(method):
            yield name, method


def _call(name, method):
    made = method(*ARGUMENTS.get(name.removeprefix("a") if name.startswith("abulk") else name, ()))
    if inspect.isawaitable(made):
        run_apart(_wait(made))
    elif inspect.isasyncgen(made):
        run_apart(_first(made))
    elif made is not None and hasattr(made, "__iter__"):
        list(made)


async def _wait(made):
    return await made


async def _first(made):
    return await anext(made)


@pytest.mark.parametrize("model", tenant_models(), ids=lambda m: m._meta.label)
def test_every_method_of_every_manager_raises(db, model):
    quiet = []
    for manager in {model._default_manager.name, model._base_manager.name, "objects"}:
        for name, method in _methods(getattr(model, manager, model._base_manager)):
            try:
                _call(name, method)
            except ScopeRequired:
                continue
            except TypeError as error:
                quiet.append(f"{name}: {error}")
            else:
                quiet.append(name)
    assert quiet == []


def test_a_tenant_s_model_has_no_manager_but_scoped_ones():
    from core.tenancy.managers import ScopedManager

    for model in tenant_models():
        assert issubclass(model, TenantOwned)
        for manager in [*model._meta.managers, model._base_manager, model._default_manager]:
            assert isinstance(manager, ScopedManager), f"{model}.{manager.name}"
