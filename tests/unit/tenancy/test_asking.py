"""The database asks as well: who may be in this tenant's scope, whatever the application thinks."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction

from core.access.door import enter
from core.access.models import AuditorGrant, Engagement, Membership
from core.access.permissions import Permission
from core.clock import now
from core.tenancy.asking import (
    ask_as_person,
    asking_as_system,
    asking_from_anew,
    asking_person,
)
from core.tenancy.models import Organization
from core.tenancy.policies import tenant_models
from core.tenancy.scope import scope
from tenants.projects.models import Site

ALL = frozenset(Permission)


@pytest.fixture
def quay(cast):
    """One site of Harbour's, written by the system."""
    with scope(cast.harbour.id):
        return Site.objects.create(tenant=cast.harbour, name="Quay", time_zone="UTC")


@pytest.fixture
def seen(cast, quay):
    """Count Harbour's sites as a person, with a forgotten filter: only the database decides."""

    def count(person, tenant=cast.harbour) -> int:
        with asking_from_anew():
            ask_as_person(person.id)
            with scope(tenant.id), connection.cursor() as cursor:
                cursor.execute("select count(*) from projects_site")
                return int(cursor.fetchone()[0])

    return count


def test_members_engaged_people_operators_and_granted_auditors_see_rows(cast, seen):
    inside = ("olga", "arthur", "clara", "umar", "vera", "nora", "anna", "amir", "rita")
    counts = {name: seen(person) for name, person in cast.everyone().items()}
    assert counts == {name: int(name in inside) for name in counts}


def test_an_engagement_that_ended_closes_the_rows_though_the_application_forgot(cast, seen):
    assert seen(cast.anna) == 1
    Engagement.objects.update(ends_at=now() - timedelta(seconds=1))
    assert [seen(cast.anna), seen(cast.nora), seen(cast.rita)] == [0, 0, 0]
    assert seen(cast.clara) == 1


def test_an_engagement_that_has_not_begun_opens_nothing(cast, seen):
    Engagement.objects.update(starts_at=now() + timedelta(hours=1))
    assert seen(cast.anna) == 0


def test_a_suspended_vendor_s_people_see_no_client_s_rows(cast, seen):
    Organization.objects.filter(id=cast.northlight.id).update(state="suspended")
    assert seen(cast.anna) == 0


def test_a_suspended_client_s_rows_rest_for_vendors(cast, seen):
    Organization.objects.filter(id=cast.harbour.id).update(state="suspended")
    assert [seen(cast.anna), seen(cast.nora), seen(cast.clara)] == [0, 0, 1]


def test_a_grant_that_expired_closes_the_rows(cast, seen):
    assert seen(cast.arthur) == 1
    AuditorGrant.objects.update(expires_at=now() - timedelta(seconds=1))
    assert seen(cast.arthur) == 0


def test_a_grant_without_the_auditor_s_role_opens_nothing(cast, seen):
    Membership.objects.filter(user=cast.arthur).delete()
    assert seen(cast.arthur) == 0


def test_a_removed_member_sees_nothing(cast, seen):
    Membership.objects.filter(user=cast.clara).delete()
    assert seen(cast.clara) == 0


def test_a_closed_organization_s_rows_are_closed_to_its_people(cast, seen):
    Organization.objects.filter(id=cast.harbour.id).update(state="closed")
    assert [seen(cast.clara), seen(cast.anna), seen(cast.arthur)] == [0, 0, 0]


def test_who_may_not_be_here_changes_and_adds_nothing(cast, quay):
    with asking_from_anew():
        ask_as_person(cast.mila.id)
        with scope(cast.harbour.id):
            assert Site.objects.update(name="Mine") == 0
            with pytest.raises(ProgrammingError, match="row-level"), transaction.atomic():
                Site.objects.create(tenant=cast.harbour, name="Loot", time_zone="UTC")


def test_with_neither_a_person_nor_the_system_there_is_nothing(cast, quay):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select set_config('app.tenant', %s, true)", [str(cast.harbour.id)])
        cursor.execute("select count(*) from projects_site")
        assert cursor.fetchone() == (0,)


def test_a_person_is_not_carried_out_of_a_request_or_a_nested_scope(cast, quay):
    with asking_from_anew():
        ask_as_person(cast.mila.id)
        with scope(cast.museum.id):
            with asking_as_system(), scope(cast.harbour.id):
                assert Site.objects.count() == 1
            with connection.cursor() as cursor:
                cursor.execute(
                    "select current_setting('app.tenant'), current_setting('app.person'),"
                    " current_setting('app.system')"
                )
                assert cursor.fetchone() == (str(cast.museum.id), str(cast.mila.id), "")
    assert asking_person() is None


def test_a_request_ends_without_its_person(cast, api):
    assert api(cast.clara).get("/api/v1/t/harbour/projects").status_code == 200
    assert asking_person() is None


def test_every_owned_table_s_policy_asks_once_a_statement(cast, quay):
    with connection.cursor() as cursor:
        for model in tenant_models():
            cursor.execute(
                "select permissive, roles::text, cmd, qual, with_check"
                " from pg_policies where tablename = %s",
                [model._meta.db_table],
            )
            [(permissive, roles, cmd, qual, check)] = cursor.fetchall()
            assert (permissive, roles, cmd) == ("PERMISSIVE", "{public}", "ALL"), model
            assert qual == check, model
            assert "SELECT custos_may_be_here()" in qual, model
    with scope(cast.harbour.id):
        assert "InitPlan" in Site.objects.all().explain()


def test_who_came_through_the_door_asks_as_themselves(cast, quay, api, monkeypatch):
    """What is forgotten behind the door, the database still asks: the door is held open here."""
    from core.access import door

    monkeypatch.setattr(
        door, "_engaged", lambda memberships, target, engaged: door.Entry(target, frozenset(), ALL)
    )
    anna = api(cast.anna)
    assert len(anna.get("/api/v1/t/harbour/sites").json()["results"]) == 1
    Engagement.objects.update(ends_at=now() - timedelta(seconds=1))
    assert anna.get("/api/v1/t/harbour/sites").json()["results"] == []


def test_a_look_through_the_door_outside_a_request_names_nobody(cast):
    enter(cast.anna, "harbour")
    assert asking_person() is None
