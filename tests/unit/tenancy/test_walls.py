"""Each wall alone: what the code forgets the database refuses, and the other way round."""

from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import (
    DatabaseError,
    IntegrityError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tenancy.constraints import tenant_reference
from core.tenancy.managers import WrongTenant
from core.tenancy.scope import scope
from tenants.projects.models import Camera, OntologyVersion, Site


def site(tenant, name="Quay") -> Site:
    return Site(tenant=tenant, name=name, time_zone="UTC")


def test_a_row_of_another_tenant_is_not_saved_or_deleted(cast):
    with scope(cast.museum.id):
        foreign = site(cast.museum)
        foreign.save()
    with scope(cast.harbour.id):
        for act in (foreign.save, foreign.delete, site(cast.museum).save):
            with pytest.raises(WrongTenant):
                act()
    with scope(cast.museum.id):
        assert Site.objects.get().name == "Quay"
        foreign.delete()
        assert not Site.objects.exists()


def test_writes_in_bulk_pass_the_same_check(cast):
    with scope(cast.harbour.id):
        mine = site(cast.harbour)
        Site.objects.bulk_create([mine])
        with pytest.raises(WrongTenant):
            Site.objects.bulk_create([site(cast.harbour, "West"), site(cast.museum)])
        with pytest.raises(WrongTenant):
            Site.objects.bulk_update([site(cast.museum)], ["name"])
        mine.name = "East"
        assert Site.objects.bulk_update([mine], ["name"]) == 1
        assert [row.name for row in Site.objects.all()] == ["East"]


def test_a_row_never_changes_its_tenant(cast):
    with scope(cast.harbour.id):
        site(cast.harbour).save()
        for values in ({"tenant": cast.museum}, {"tenant_id": cast.museum.id}):
            with pytest.raises(WrongTenant):
                Site.objects.update(**values)
        assert Site.objects.update(name="West") == 1


def test_where_the_filter_is_forgotten_the_database_shows_and_takes_nothing_foreign(cast):
    with scope(cast.museum.id):
        site(cast.museum).save()
    columns = "projects_site (id, tenant_id, name, time_zone) values (%s, %s, 'Loot', 'UTC')"
    with scope(cast.harbour.id), connection.cursor() as cursor:
        cursor.execute("select count(*) from projects_site")
        assert cursor.fetchone() == (0,)
        cursor.execute("update projects_site set name = 'mine now'")
        assert cursor.rowcount == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            cursor.execute(f"insert into {columns}", [uuid4(), cast.museum.id])
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from projects_site")
        assert cursor.fetchone() == (0,), "with no scope there is nothing"


def test_a_row_cannot_point_at_another_tenant_s(cast):
    with scope(cast.museum.id):
        foreign = site(cast.museum)
        foreign.save()
    with scope(cast.harbour.id), transaction.atomic(), connection.cursor() as cursor:
        Camera.objects.create(tenant=cast.harbour, site_id=foreign.id, name="East")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute("set constraints all immediate")
        transaction.set_rollback(True)


def test_append_only_rows_are_added_and_never_changed(cast):
    from core.access.actors import Actor
    from tenants.projects.services import create_project

    create_project(actor=Actor.person(cast.clara), tenant=cast.harbour.id, name="Gate")
    with scope(cast.harbour.id):
        version = OntologyVersion.objects.get()
        version.number = 7
        for act in (version.save, version.delete):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                act()


def test_not_even_the_owner_empties_an_append_only_table(committed_db):
    with (
        connections["owner"].cursor() as cursor,
        pytest.raises(DatabaseError, match="append-only"),
    ):
        cursor.execute("truncate audit_auditentry cascade")


def test_the_composite_key_can_be_taken_away_and_put_back(committed_db):
    constraint = next(c for c in Camera._meta.constraints if c.name.endswith("site_tenant_fk"))
    with connections["owner"].schema_editor() as editor:
        editor.remove_constraint(Camera, constraint)
        editor.add_constraint(Camera, constraint)
    constraint.validate(Camera, None)
    assert constraint == constraint.clone()
    assert constraint != tenant_reference("other")
    assert constraint != "site"


def test_the_migrations_say_what_the_models_say(db, capsys):
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    assert "No changes" in capsys.readouterr().out


steps = st.lists(st.tuples(st.booleans(), st.sampled_from(["add", "count", "nest", "clear"])))


def test_no_order_of_scopes_shows_a_tenant_anything_but_its_own(cast):
    tenants = [cast.harbour, cast.museum]

    @settings(max_examples=25, deadline=None, database=None)
    @given(steps)
    def hold(plan):
        kept = [0, 0]
        for tenant in tenants:
            with scope(tenant.id):
                Site.objects.all().delete()
        for second, step in plan:
            here, there = tenants[second], tenants[not second]
            with scope(here.id):
                if step == "add":
                    site(here, uuid4().hex).save()
                    kept[second] += 1
                if step == "clear":
                    Site.objects.all().delete()
                    kept[second] = 0
                if step == "nest":
                    with scope(there.id):
                        site(there, uuid4().hex).save()
                        kept[not second] += 1
                assert Site.objects.count() == kept[second]
                assert {row.tenant_id for row in Site.objects.all()} <= {here.id}

    hold()
