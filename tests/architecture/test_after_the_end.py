"""When what opened an organization to somebody has ended, every route of it is shut to them."""

from datetime import timedelta

import pytest

from core.access.models import AuditorGrant, Engagement, Membership
from core.clock import now
from core.tenancy.models import Organization
from tests.architecture.test_permissions import _path, _send, rows_of_the_table


def end_of_engagement(cast):
    Engagement.objects.update(ends_at=now() - timedelta(seconds=1))


def end_of_membership(cast):
    Membership.objects.filter(user=cast.clara).delete()


def end_of_grant(cast):
    AuditorGrant.objects.update(expires_at=now() - timedelta(seconds=1))


def end_of_client(cast):
    Organization.objects.filter(slug="harbour").update(state="closed")


def end_of_vendor(cast):
    Organization.objects.filter(slug="northlight").update(state="suspended")


ENDS = {
    end_of_engagement: ("nora", "anna", "rita"),
    end_of_membership: ("clara",),
    end_of_grant: ("arthur",),
    end_of_client: ("clara", "umar", "olga", "arthur", "anna"),
    end_of_vendor: ("nora", "anna"),
}


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_no_route_of_the_client_opens_any_more(committed_cast, api, end):
    clients = {name: api(getattr(committed_cast, name)) for name in ENDS[end]}
    end(committed_cast)

    open_still = [
        f"{name}: {method} {path} -> {status}"
        for route, method, tenant, _ in rows_of_the_table()
        if tenant == "harbour" and "<slug:tenant>" in route
        for name, client in clients.items()
        if (status := _send(client, method, path := _path(route, tenant))) != 404
    ]

    assert open_still == []


def test_head_and_options_say_no_more_than_get(committed_cast, api):
    """To an outsider HEAD is as shut as GET, and OPTIONS is answered as for a name nobody has."""
    outsider = api(committed_cast.mila)
    told = []
    for route, method, tenant, _ in rows_of_the_table():
        if method != "GET" or "<slug:tenant>" not in route:
            continue
        path = _path(route, tenant)
        options, unknown = outsider.options(path), outsider.options(_path(route, "no-such-name"))
        same = (options.status_code, options.get("Allow"), options.content) == (
            unknown.status_code, unknown.get("Allow"), unknown.content,
        )  # fmt: skip
        if outsider.head(path).status_code != 404 or (not same and options.status_code != 404):
            told.append(f"{path}: OPTIONS {options.status_code} and {unknown.status_code}")

    assert told == []
