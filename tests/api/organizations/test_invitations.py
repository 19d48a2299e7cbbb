"""An open invitation gets another link, or none; the old link leads nowhere."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from core.access.models import Membership
from tests.cast import PASSWORD, give_passkey

ALL = "/api/v1/t/harbour/invitations"
NEW = {"email": "ida@example.org", "role": "client_viewer"}


def follow(link):
    return APIClient().get(f"/invitation/{link}").status_code


def test_a_renewed_invitation_has_one_link_that_works(cast, api):
    clara = api(cast.clara)
    first = clara.post(ALL, NEW, format="json").json()
    assert follow(first["link"]) == 200
    second = clara.post(f"{ALL}/{first['id']}").json()
    assert (follow(first["link"]), follow(second["link"])) == (404, 200)


def test_an_invitation_that_was_taken_back_is_gone_and_another_s_is_not_there(cast, api):
    clara = api(cast.clara)
    made = clara.post(ALL, NEW, format="json").json()
    theirs = f"/api/v1/t/museum/invitations/{made['id']}"
    assert api(cast.mila).delete(theirs).status_code == 404
    assert clara.delete(f"{ALL}/{made['id']}").status_code == 204
    assert follow(made["link"]) == 404
    assert clara.delete(f"{ALL}/{made['id']}").status_code == 404


def test_the_members_page_renews_takes_back_and_removes(cast, api):
    clara = api(cast.clara)
    made = clara.post(ALL, NEW, format="json").json()
    page = "/t/harbour/members"
    assert clara.post(page, {"act": "renew", "id": made["id"]}).status_code == 201
    assert follow(made["link"]) == 404
    assert clara.post(page, {"act": "revoke", "id": made["id"]}).status_code == 302
    vera = Membership.objects.get(user=cast.vera)
    assert clara.post(page, {"act": "remove", "id": str(vera.id)}).status_code == 302
    assert not Membership.objects.filter(id=vera.id).exists()
    assert clara.post(page, {"act": "dance", "id": made["id"]}).status_code == 404


@pytest.fixture
def invited_vera(cast, api):
    """Vera of Harbour has a password; Mila of the Museum invites her, and has the link."""
    cast.vera.set_password(PASSWORD)
    cast.vera.save()
    made = api(cast.mila).post(
        "/api/v1/t/museum/invitations", {**NEW, "email": cast.vera.email}, format="json"
    )
    return made.json()["link"]


@pytest.mark.parametrize("door", ["page", "api"])
def test_who_has_somebody_s_invitation_cannot_guess_their_password(cast, invited_vera, door):
    def attempt(password):
        form = {"link": invited_vera, "name": "V", "password": password}
        if door == "page":
            return Client().post(f"/invitation/{invited_vera}", form)
        return APIClient().post("/api/v1/invitations/accept", form, format="json")

    for _ in range(5):
        attempt("wrong wrong wrong")
    assert attempt(PASSWORD).status_code == 429
    assert not Membership.objects.filter(user=cast.vera, organization=cast.museum).exists()


def test_joining_does_not_pass_the_second_step_by(cast, invited_vera):
    give_passkey(cast.vera)
    client = Client()
    form = {"name": "V", "password": PASSWORD}
    joined = client.post(f"/invitation/{invited_vera}", form)
    assert joined["Location"].startswith("/accounts/login/")
    assert client.get("/t/museum/clips").status_code == 302
    assert Membership.objects.filter(user=cast.vera, organization=cast.museum).exists()


def test_joining_with_a_plain_account_signs_in_and_the_session_is_listed(cast, invited_vera):
    client = Client()
    client.post(f"/invitation/{invited_vera}", {"name": "V", "password": PASSWORD})
    assert "This browser" in client.get("/account/sessions").content.decode()
