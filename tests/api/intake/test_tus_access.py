"""Who may upload: tokens, browsers, other organizations, other sites."""

import pytest

from tests.api.intake.conftest import PATCH_TYPE, make_project, problem, token_of


def test_without_a_sign_in_nothing_is_taken(tus):
    url = tus.begin(b"x")
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer custos_wrong"}):
        answer = tus.client.head(url, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert tus.create(b"x", headers=headers).status_code == 401


def test_a_viewer_may_not_upload(tus):
    token = token_of(tus.cast.vera, tus.cast.harbour)
    answer = tus.create(b"x", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert problem(answer) == "permission_denied"


def cookie_of(person):
    """The cookie of a browser in which the person is signed in."""
    from django.test import Client

    browser = Client()
    browser.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return f"sessionid={browser.cookies['sessionid'].value}"


def test_who_may_upload_to_a_client(tus):
    """The routes of tus, for everyone in the cast: they are not in Django's URL conf."""
    url = tus.begin(b"frames")
    expected = dict.fromkeys(tus.cast.everyone(), 403)
    expected |= {"clara": None, "umar": None, "mila": 404, "sam": 404}
    for name, person in tus.cast.everyone().items():
        browser = {"Authorization": "", "Cookie": cookie_of(person), "Origin": tus.base}
        wrong = tus.patch(url, b"frames", 3, **browser).status_code
        found = tus.client.head(url, headers=browser).status_code
        made = tus.create(b"frames", headers=browser)
        ended = tus.client.delete(made.headers.get("Location", url), headers=browser).status_code
        answers = (wrong, found, made.status_code, ended)
        refusal = expected[name]
        assert answers == ((refusal,) * 4 if refusal else (409, 200, 201, 204)), name


def test_another_organization_finds_nothing(tus):
    make_project(tus.cast.museum)
    url = tus.begin(b"frames")
    token = token_of(tus.cast.mila, tus.cast.museum)
    headers = {"Authorization": f"Bearer {token}"}
    own = url.replace("harbour", "museum")
    nowhere = "/api/v1/t/nowhere/uploads/00000000-0000-4000-8000-000000000000"
    texts = set()
    for place in (url, own, nowhere):
        assert tus.client.head(place, headers=headers).status_code == 404
        assert tus.client.delete(place, headers=headers).status_code == 404
        answer = tus.client.patch(
            place,
            content=b"frames",
            headers={**headers, "Content-Type": PATCH_TYPE, "Upload-Offset": "0"},
        )
        assert answer.status_code == 404
        body = answer.json()
        body.pop("request_id")
        texts.add(str(body))
    assert len(texts) == 1
    assert tus.create(b"x", headers=headers).status_code == 404
    assert tus.offset(url) == 0


def test_a_project_of_another_organization_is_not_there(tus):
    foreign = make_project(tus.cast.museum, "hall")
    for name in ("hall", str(foreign.id)):
        assert tus.create(b"x", project=name).status_code == 404


def test_a_token_of_another_organization_does_not_open(tus):
    from core.access.models import Membership

    guest = Membership.objects.create(
        user=tus.cast.umar, organization=tus.cast.museum, role="client_uploader"
    )
    token = token_of(tus.cast.umar, tus.cast.museum)
    answer = tus.create(b"x", headers={"Authorization": f"Bearer {token}"})
    guest.delete()
    assert answer.status_code == 404


def test_an_unknown_host_name_is_refused(tus):
    answer = tus.create(b"x", headers={"Host": "evil.example", "Authorization": ""})
    assert answer.status_code in {400, 401}


@pytest.fixture
def cookie(tus):
    """Umar's browser: signed in, no token."""
    return cookie_of(tus.cast.umar)


def test_a_signed_in_browser_uploads_from_our_pages(tus, cookie, stored):
    browser = {"Authorization": "", "Cookie": cookie, "Origin": tus.base}
    url = tus.create(b"frames", headers=browser).headers["Location"]
    assert tus.client.head(url, headers={"Authorization": "", "Cookie": cookie}).status_code == 200
    answer = tus.patch(url, b"frames", 0, **browser)
    assert stored(answer.headers["Custos-Clip"]) == b"frames"


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
def test_another_sites_page_cannot_use_the_cookie(tus, cookie, origin):
    browser = {"Authorization": "", "Cookie": cookie, **({"Origin": origin} if origin else {})}
    answer = tus.create(b"frames", headers=browser)
    assert answer.status_code == 403
    assert problem(answer) == "csrf_failed"


def test_a_session_that_ended_does_not_open(tus, cookie):
    from django.contrib.sessions.models import Session

    Session.objects.all().delete()
    browser = {"Authorization": "", "Cookie": cookie, "Origin": tus.base}
    assert tus.create(b"frames", headers=browser).status_code == 401
