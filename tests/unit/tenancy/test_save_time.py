"""Every way in which Django writes a row, in one tenant's scope with another's row in hand."""

from contextlib import nullcontext

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from django.db.models import F, Value

from core.tenancy.managers import WrongTenant
from core.tenancy.models import TenantOwned
from core.tenancy.scope import ScopeRequired, scope
from tenants.projects.models import Camera, Site


def _site(organization, name):
    with scope(organization.id):
        return Site.objects.create(tenant=organization, name=name, time_zone="UTC")


@pytest.fixture
def theirs(cast):
    """The Museum's site with a camera: as they were, whatever a test does in Harbour's scope."""
    site = _site(cast.museum, "Hall")
    with scope(cast.museum.id):
        camera = Camera.objects.create(tenant=cast.museum, site=site, name="East")
    yield site, camera
    with scope(cast.museum.id):
        assert Site.objects.values_list("id", "name").get() == (site.id, "Hall")
        assert Camera.objects.values_list("id", "site_id", "name").get() == (
            camera.id, site.id, "East",
        )  # fmt: skip


@pytest.fixture
def ours(cast):
    return _site(cast.harbour, "Quay")


def test_get_or_create_and_update_or_create_make_nothing_elsewhere(cast, theirs):
    names = {"name": "Loot", "time_zone": "UTC"}
    with scope(cast.harbour.id):
        for make in (Site.objects.get_or_create, Site.objects.update_or_create):
            with pytest.raises(WrongTenant):
                make(name="Loot", defaults={"tenant": cast.museum, "time_zone": "UTC"})
            with pytest.raises(IntegrityError), transaction.atomic():
                make(id=theirs[0].id, defaults={"tenant": cast.harbour, **names})
        with pytest.raises(WrongTenant):
            Site.objects.update_or_create(
                name="Hall", create_defaults={"tenant": cast.museum}, defaults={"name": "Mine"}
            )
        assert not Site.objects.exists()


def test_update_or_create_moves_no_row_of_ours_away(cast, theirs, ours):
    with scope(cast.harbour.id):
        with pytest.raises(WrongTenant):
            Site.objects.update_or_create(id=ours.id, defaults={"tenant": cast.museum})
        assert Site.objects.get().tenant_id == cast.harbour.id


def test_no_expression_moves_a_row(cast, theirs, ours):
    with scope(cast.harbour.id):
        for moved in (F("id"), Value(cast.museum.id), F("tenant_id"), cast.museum.id):
            for column in ("tenant", "tenant_id"):
                with pytest.raises(WrongTenant):
                    Site.objects.update(**{column: moved})
        Site.objects.update(name=F("time_zone"))
        assert Site.objects.get().name == "UTC"


def test_a_row_under_another_s_id_overwrites_nothing(cast, theirs):
    double = Site(id=theirs[0].id, tenant=cast.harbour, name="Mine", time_zone="UTC")
    on_conflict = {"update_conflicts": True, "unique_fields": ["id"], "update_fields": ["name"]}
    with scope(cast.harbour.id):
        with pytest.raises(IntegrityError), transaction.atomic():
            double.save()
        with pytest.raises(ProgrammingError, match="row-level"), transaction.atomic():
            Site.objects.bulk_create([double], **on_conflict)
        Site.objects.bulk_create([double], ignore_conflicts=True)
        assert Site.objects.bulk_update([double], ["name"]) == 0
        assert not Site.objects.exists()


def test_bulk_writes_move_nothing(cast, theirs, ours):
    with scope(cast.harbour.id):
        ours.tenant = cast.museum
        for write in (
            lambda: Site.objects.bulk_update([ours], ["tenant"]),
            lambda: Site.objects.bulk_create([ours], ignore_conflicts=True),
        ):
            with pytest.raises(WrongTenant):
                write()
        assert Site.objects.get().tenant_id == cast.harbour.id


def test_related_managers_reach_over_no_border(cast, theirs, ours):
    _, camera = theirs
    with scope(cast.harbour.id):
        cameras = ours.cameras
        with pytest.raises(WrongTenant):
            cameras.create(tenant=cast.museum, name="West")
        with pytest.raises(WrongTenant), transaction.atomic():
            cameras.add(camera, bulk=False)
        cameras.add(camera)  # one statement, which finds no such row here
        cameras.set([camera])
        with pytest.raises(WrongTenant):
            cameras.get_or_create(name="West", defaults={"tenant": cast.museum})
        with pytest.raises(WrongTenant):
            cameras.update(tenant=cast.museum)
        assert not cameras.exists()
        mine = cameras.create(tenant=cast.harbour, name="West")
        assert list(cameras.all()) == [mine]
    with pytest.raises(ScopeRequired):
        list(cameras.all())


def test_a_reference_over_the_border_does_not_commit_however_it_was_written(cast, theirs, ours):
    site, _ = theirs
    with scope(cast.harbour.id):
        mine = Camera.objects.create(tenant=cast.harbour, site=ours, name="West")
        for write in (
            lambda: Camera.objects.update(site=site),
            lambda: Camera.objects.filter(id=mine.id).update(site_id=site.id),
            lambda: Camera.objects.bulk_update(
                [Camera(id=mine.id, tenant=cast.harbour, site_id=site.id, name="W")], ["site"]
            ),
            lambda: Camera.objects.update_or_create(id=mine.id, defaults={"site": site}),
        ):
            with pytest.raises(IntegrityError, match="tenant_fk"):
                _at_once(write)


def _at_once(write):
    with transaction.atomic(), connection.cursor() as cursor:
        write()
        cursor.execute("set constraints all immediate")


@pytest.mark.parametrize("alias", ["default", "owner"])
def test_no_statement_moves_a_row_not_even_the_owner_s(committed_cast, alias):
    """The database's own word, without the managers; the owner is bound by the policies too."""
    harbour, museum = committed_cast.harbour, committed_cast.museum
    ours = _site(harbour, "Quay")
    for here in (harbour, museum):
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute(
                "select set_config('app.tenant', %s, true), set_config('app.system', 'on', true)",
                [str(here.id)],
            )
            move = ("update projects_site set tenant_id = %s where id = %s", [museum.id, ours.id])
            if here == harbour:
                with pytest.raises(ProgrammingError, match="row-level"):
                    cursor.execute(*move)
                transaction.set_rollback(True, using=alias)
            else:
                cursor.execute(*move)
                assert cursor.rowcount == 0
    with scope(harbour.id):
        assert Site.objects.get().id == ours.id


def _ways_into_owned(models):
    """Every name by which Django follows a relation from one of `models` to rows of one tenant."""
    for model in models:
        for relation in model._meta.get_fields(include_hidden=False):
            target = relation.related_model
            if isinstance(target, type) and issubclass(target, TenantOwned):
                yield f"{model.__name__}.{relation.name}"


def test_no_name_leads_from_a_shared_row_into_a_tenant():
    """`select_related`, `prefetch_related` and lookups find no way: joins pass managers by."""
    shared = [model for model in apps.get_models() if not issubclass(model, TenantOwned)]
    assert list(_ways_into_owned(shared)) == []
    assert "Site.cameras" in list(_ways_into_owned([Site])), "what has a name is seen"


def test_a_join_from_shared_rows_meets_the_rows_of_the_scope_alone(cast, theirs):
    """What nobody can write by name, somebody may write as SQL: the database still asks."""
    join = (
        "select count(*) from tenancy_organization o left join projects_site s"
        " on s.tenant_id = o.id where s.id is not null"
    )
    with connection.cursor() as cursor:
        found = []
        for here in (None, cast.harbour, cast.museum):
            with scope(here.id) if here else nullcontext():
                cursor.execute(join)
                found.append(cursor.fetchone()[0])
    assert found == [0, 0, 1]


def test_rows_that_were_fetched_ahead_need_the_scope_too(cast, theirs, ours):
    sites = Site._base_manager
    with pytest.raises(ScopeRequired):
        list(sites.prefetch_related("cameras"))
    with scope(cast.museum.id):
        [site] = sites.prefetch_related("cameras")
        [camera] = Camera.objects.select_related("site")
    assert (len(site.cameras.all()), camera.site.name) == (1, "Hall")
