"""Every route, every method, every person of the cast: let in or kept out as the table says."""

import re
from collections.abc import Iterator
from uuid import uuid4

from allauth.mfa.models import Authenticator
from django.urls import URLPattern, get_resolver
from rest_framework.test import APIClient

from tests.architecture import permission_table as table

#: Who gets into the scope of the organization that stands in for <tenant>, by any way.
INSIDE = {
    "harbour": {"olga", "arthur", "clara", "umar", "vera", "nora", "anna", "amir", "rita"},
    "northlight": {"olga", "nora", "anna", "amir", "rita"},
}
METHODS = ("get", "post", "put", "patch", "delete")
#: Django's, allauth's and drf's own.
OTHERS = ("accounts/", "static/")


def _routes(patterns, prefix="") -> Iterator[tuple[str, URLPattern]]:
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route, entry
        else:
            yield from _routes(entry.url_patterns, route)


def rows_of_the_table():
    places = [
        ("api/v1/", table.API, "harbour"),
        ("api/v1/", table.VENDOR_API, "northlight"),
        ("", table.PAGES, "harbour"),
        ("", table.VENDOR_PAGES, "northlight"),
    ]
    for prefix, rows, tenant in places:
        for route, methods in rows.items():
            for method, allowed in methods.items():
                yield prefix + route, method, tenant, allowed


def _methods(pattern: URLPattern) -> set[str]:
    view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
    if view is None:
        return {"GET"}
    return {method.upper() for method in METHODS if hasattr(view, method)}


def real_rows() -> set[tuple[str, str]]:
    """Give every route of the URL conf with each method that its view answers."""
    return {
        (route, method)
        for route, pattern in _routes(get_resolver().url_patterns)
        for method in _methods(pattern)
    }


def test_every_route_and_method_has_a_row():
    listed = {(route, method) for route, method, _, _ in rows_of_the_table()}
    real = {row for row in real_rows() if not row[0].startswith(OTHERS)}
    assert real - listed == set(), "routes without a row in the permission table"
    assert listed - real == set(), "rows without a route"


def _path(route: str, tenant: str) -> str:
    route = route.replace("<slug:tenant>", tenant).replace("<str:link>", "wrong")
    route = route.replace("<slug:document>", "clients").replace(
        "flows/<str:name>", "flows/clip.svg"
    )
    route = route.replace("pictures/<str:name>", "pictures/board.png")
    route = route.replace("<slug:tag>", "intake")
    route = route.replace("<path:tile>", "000.p/1" if "entries" in route else "0/000.p/1")
    return "/" + re.sub(r"<int:\w+>", "0", re.sub(r"<uuid:\w+>", lambda _: str(uuid4()), route))


def _send(client: APIClient, method: str, path: str) -> int:
    client.raise_request_exception = False
    if path.startswith("/api/"):
        return getattr(client, method.lower())(path, {}, format="json").status_code
    return getattr(client, method.lower())(path, {}).status_code


def _kept_out(name: str, path: str, status: int, *, inside: bool) -> bool:
    """Say whether the door was shut in the right way: outsiders learn nothing, insiders why."""
    if name == "nobody":
        return status in {401, 403} if path.startswith("/api/") else status == 302
    return status == 403 if inside else status == 404


def test_the_door_of_every_route_for_every_person(committed_cast, api):
    cast = committed_cast  # real commits: one transaction would outlast the limit of 30 s
    # Amir works where Anna does, in the same role.
    asking = {name: person for name, person in cast.everyone().items() if name != "amir"}
    clients = {name: api(person) for name, person in {**asking, "nobody": None}.items()}
    wrong = []
    for route, method, tenant, allowed in rows_of_the_table():
        assert ("amir" in allowed) == ("anna" in allowed), route
        for name, client in clients.items():
            path = _path(route, tenant)
            status = _send(client, method, path)
            inside = "<slug:tenant>" in route and name in INSIDE[tenant]
            if name in allowed:
                right = status not in {401, 403} and status < 500
            else:
                right = _kept_out(name, path, status, inside=inside)
            if not right:
                wrong.append(f"{name}: {method} {path} -> {status}")
    assert wrong == []


KEYED = {
    "^confirm": "/accounts/confirm-email/wrong/",
    "^passwor": "/accounts/password/reset/key/1-wrong/",
}


def test_every_page_of_allauth_has_a_row():
    routes = {r for r, _ in _routes(get_resolver().url_patterns) if r.startswith("accounts/")}
    assert {route.removeprefix("accounts/") for route in routes} == set(table.ACCOUNTS)


def test_allauth_s_pages_about_an_account_open_to_nobody_who_is_not_signed_in(db):
    for route, whose in table.ACCOUNTS.items():
        path = _path(f"accounts/{route}", "") if "^" not in route else KEYED[route[:8]]
        answer = APIClient().get(path)
        if whose == "open":
            led = answer.get("Location", "")
            assert answer.status_code == 200 or "next=" not in led, (route, led)
        else:
            assert answer.status_code == 302, route
            assert answer["Location"].startswith("/accounts/login/"), route


def test_a_passkey_of_somebody_else_does_not_exist(cast, api):
    theirs = Authenticator.objects.get(user=cast.olga).pk
    for act in ("edit", "remove"):
        path = f"/accounts/2fa/webauthn/keys/{theirs}/{act}/"
        assert api(cast.arthur).get(path).status_code == 404
        assert api(cast.arthur).post(path, {"name": "mine"}).status_code == 404
    assert Authenticator.objects.get(pk=theirs).data["name"] == "Test key"
