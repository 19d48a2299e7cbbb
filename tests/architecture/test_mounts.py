"""What the ASGI app serves beside Django has its rows in the permission table, like any route."""

from django.conf import settings as django_settings

from core.web import asgi
from tests.architecture import permission_table as table
from tests.architecture.test_permissions import INSIDE, _kept_out, _path
from tests.mounted import request

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"}


def rows():
    for routes in table.MOUNTED.values():
        for route, methods in routes.items():
            for method, allowed in methods.items():
                yield f"api/v1/{route}", method, allowed


def without_rows(mounts) -> set[str]:
    """Give the patterns of `mounts` that no row of the table stands for."""
    return {pattern for pattern, _ in mounts} - set(table.MOUNTED)


def test_every_mount_has_its_rows():
    assert without_rows(django_settings.ASGI_MOUNTS) == set()
    assert {path.pattern for path, _ in asgi._mounts} == set(table.MOUNTED)


def test_a_mount_that_is_not_in_the_table_would_be_seen():
    other = [*django_settings.ASGI_MOUNTS, (r"^/side-door", "tenants.intake.tus.application")]
    assert without_rows(other) == {r"^/side-door"}


def test_each_row_is_served_by_its_mount_and_not_by_django():
    for pattern, routes in table.MOUNTED.items():
        for route in routes:
            [mount] = [path for path, _ in asgi._mounts if path.pattern == pattern]
            assert mount.match(_path(f"api/v1/{route}", "harbour")), route


def test_every_method_that_is_answered_has_a_row(committed_cast, api):
    """Asked of the app itself: what it does not answer it refuses with 405, for whoever asks."""
    clara = api(committed_cast.clara)
    for route in {route for route, _, _ in rows()}:
        listed = {method for row, method, _ in rows() if row == route}
        answered = {
            method
            for method in METHODS
            if request(clara, method, _path(route, "harbour")).status_code != 405
        }
        assert answered == listed, route


def test_the_door_of_every_mounted_route_for_every_person(committed_cast, api):
    people = {**committed_cast.everyone(), "nobody": None}
    clients = {name: api(person) if person else None for name, person in people.items()}
    wrong = []
    for route, method, allowed in rows():
        path = _path(route, "harbour")
        for name, client in clients.items():
            status = request(client, method, path).status_code
            if name in allowed:
                right = status not in {401, 403} and status < 500
            else:
                right = _kept_out(name, path, status, inside=name in INSIDE["harbour"])
            if not right:
                wrong.append(f"{name}: {method} {path} -> {status}")
    assert wrong == []


def test_a_method_in_a_header_is_held_to_its_own_row(committed_cast, api):
    """X-HTTP-Method-Override, for clients that can send POST alone, opens nothing more."""
    hidden = {"X-HTTP-Method-Override": "DELETE"}
    for name, status in [("vera", 403), ("mila", 404), ("nora", 403), ("umar", 404)]:
        client = api(getattr(committed_cast, name))
        path = _path("api/v1/t/<slug:tenant>/uploads/<uuid:upload>", "harbour")
        assert request(client, "POST", path, headers=hidden).status_code == status, name
        assert request(client, "OPTIONS", path, headers=hidden).status_code == status, name


def test_another_site_s_page_sends_nobody_s_cookie_along(committed_cast, api):
    umar = api(committed_cast.umar)
    for route, method, _ in rows():
        if method in {"POST", "PATCH", "DELETE"}:
            path = _path(route, "harbour")
            answer = request(umar, method, path, headers={"Origin": "https://elsewhere.example"})
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    # Nor does a method that changes nothing carry one that does.
    for outer in ("OPTIONS", "HEAD", "GET"):
        answer = request(umar, outer, path, headers={
            "Origin": "https://elsewhere.example", "X-HTTP-Method-Override": "DELETE",
        })  # fmt: skip
        assert answer.status_code == 403, outer
