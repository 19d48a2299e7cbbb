"""An open invitation gets another link, or none; the old link leads nowhere."""

from rest_framework.test import APIClient

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
    from core.access.models import Membership

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
