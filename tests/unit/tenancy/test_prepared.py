"""Querysets that are compiled once find what the queryset finds, inside the scope alone."""

from uuid import uuid4

import pytest

from core.access.models import Membership
from core.tenancy.models import Organization
from core.tenancy.prepared import Prepared
from core.tenancy.scope import ScopeRequired, scope
from tenants.projects.models import Site

SITES = Prepared(
    lambda name: Site.objects.select_related("tenant").filter(name=name).order_by("id"), name=str
)
SOME = Prepared(lambda ids: Organization.objects.filter(id__any_of=ids).order_by("slug"), ids=list)


def test_it_finds_what_the_queryset_finds(cast):
    with scope(cast.harbour.id):
        made = Site.objects.create(tenant_id=cast.harbour.id, name="Pier")
        for _ in range(2):
            (found,) = SITES(name="Pier")
            assert found == made
            assert found.name == "Pier"
            assert found.tenant.slug == "harbour"
        assert SITES(name="Quay") == []
        assert SITES.first(name="Quay") is None


def test_it_follows_the_open_scope_and_raises_without_one(cast):
    for tenant in (cast.harbour, cast.museum):
        with scope(tenant.id):
            Site.objects.create(tenant_id=tenant.id, name="Gate")
    for tenant in (cast.harbour, cast.museum):
        with scope(tenant.id):
            assert [site.tenant_id for site in SITES(name="Gate")] == [tenant.id]
    with pytest.raises(ScopeRequired):
        SITES(name="Gate")


def test_any_number_of_ids_is_one_parameter(cast):
    wanted = [cast.museum.id, cast.harbour.id, uuid4()]
    assert [row.slug for row in SOME(ids=wanted)] == ["harbour", "museum"]
    assert SOME(ids=[]) == []


def test_constants_of_the_queryset_stay(cast):
    leading = Prepared(
        lambda user: Membership.objects.filter(user=user, role="client_admin"), user=type(uuid4())
    )
    assert [row.role for row in leading(user=cast.clara.id)] == ["client_admin"]
    assert leading(user=cast.anna.id) == []


def test_of_no_ids_the_database_is_not_asked(cast, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert list(Organization.objects.filter(id__any_of=[])) == []
    every = Organization.objects.exclude(id__any_of=[])
    assert every.count() == Organization.objects.count() > 0
