"""The three walls: scope, row-level security, save-time check."""

import pytest
from django.db import ProgrammingError, connection, transaction

from core.access.models import Membership
from core.tenancy.models import Organization, TenantOwned
from core.tenancy.policies import tenant_models
from core.tenancy.scope import ScopeRequired, current_tenant, scope


def test_each_model_is_owned_or_listed_with_a_reason():
    from django.apps import apps

    ours = ("core.", "tenants.", "workforce.", "billing.")
    for model in apps.get_models():
        if not model.__module__.startswith(ours) or issubclass(model, TenantOwned):
            continue
        assert getattr(model, "shared_because", "").strip(), f"{model} is neither owned nor listed"


def test_every_owned_table_has_its_policy_forced(db):
    with connection.cursor() as cursor:
        for model in tenant_models():
            cursor.execute(
                "select relrowsecurity, relforcerowsecurity from pg_class where relname = %s",
                [model._meta.db_table],
            )
            assert cursor.fetchone() == (True, True), model
            cursor.execute(
                "select count(*) from pg_policies where tablename = %s and policyname = %s",
                [model._meta.db_table, "tenant_rows"],
            )
            assert cursor.fetchone() == (1,), model


def test_every_reference_between_owned_tables_is_composite(db):
    with connection.cursor() as cursor:
        for model in tenant_models():
            for field in model._meta.concrete_fields:
                target = field.related_model
                if target is None or not issubclass(target, TenantOwned):
                    continue
                cursor.execute(
                    "select 1 from pg_constraint c where contype = 'f' "
                    "and conrelid = %s::regclass and confrelid = %s::regclass "
                    "and array_length(conkey, 1) = 2",
                    [model._meta.db_table, target._meta.db_table],
                )
                assert cursor.fetchone(), f"{model.__name__}.{field.name} is a plain foreign key"


def test_without_a_scope_every_query_raises(db):
    for model in tenant_models():
        with pytest.raises(ScopeRequired):
            model.objects.count()


def test_scopes_nest_and_restore(cast):
    with scope(cast.harbour.id):
        assert current_tenant() == cast.harbour.id
        with scope(cast.museum.id):
            assert current_tenant() == cast.museum.id
        assert current_tenant() == cast.harbour.id
        with connection.cursor() as cursor:
            cursor.execute("select current_setting('app.tenant')")
            assert cursor.fetchone() == (str(cast.harbour.id),)
    assert current_tenant() is None


def test_a_scope_ends_with_its_transaction_even_after_an_error(cast):
    with pytest.raises(ZeroDivisionError), scope(cast.harbour.id):
        raise ZeroDivisionError
    assert current_tenant() is None
    assert Membership.objects.count() > 0


@pytest.mark.parametrize(
    "statement",
    [
        "alter table tenancy_organization disable row level security",
        "truncate tenancy_organization cascade",
        "set role custos_owner",
        "create table loot (id int)",
    ],
)
def test_the_application_role_cannot_lift_the_walls(db, statement):
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_application_role_is_neither_owner_nor_bypassing(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "select rolsuper, rolbypassrls, rolcreaterole from pg_roles"
            " where rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False)


def test_organizations_have_unguessable_ids(db):
    ids = {Organization.objects.create(slug=f"o{n}", kind="client").id for n in range(3)}
    assert all(i.version == 4 for i in ids)
