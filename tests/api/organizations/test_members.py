"""Invitations, members, engagements and auditors' grants."""

from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from core.access.models import AuditorGrant, Engagement, Membership
from core.access.permissions import Role
from core.accounts.models import Person
from core.clock import frozen, now
from core.errors import Invalid
from core.tenancy.scope import scope
from tenants.organizations import memberships
from tenants.organizations.models import Invitation
from tests.cast import PASSWORD

INVITATIONS = "/api/v1/t/harbour/invitations"


@pytest.fixture
def link(clara):
    made = clara.post(
        INVITATIONS, {"email": "Nina@New.example", "role": "client_viewer"}, format="json"
    )
    assert made.status_code == 201
    return made.json()["link"]


def accept(link, **changes):
    body = {"link": link, "name": "Nina", "password": PASSWORD, **changes}
    body = {name: value for name, value in body.items() if value is not None}
    return APIClient().post("/api/v1/invitations/accept", body, format="json")


def test_an_invitation_makes_an_account_and_a_membership_once(cast, clara, link):
    with scope(cast.harbour.id):
        kept = Invitation.objects.get()
    assert bytes(kept.digest).hex() not in link
    assert str(kept) == "nina@new.example"
    assert len(clara.get(INVITATIONS).json()["results"]) == 1

    assert accept(link).status_code == 201
    again = accept(link)

    assert (again.status_code, again.json()["code"]) == (410, "gone")
    assert Membership.objects.filter(user__email="nina@new.example").count() == 1
    assert clara.get(INVITATIONS).json()["results"] == []


def test_an_invitation_expires(link):
    with frozen(now() + timedelta(days=7, seconds=1)):
        assert accept(link).status_code == 410
    assert not Person.objects.filter(email="nina@new.example").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda link: link[:-1] + ("a" if link[-1] != "a" else "b"),
        lambda link: "museum." + link.partition(".")[2],
        lambda link: "nowhere." + link.partition(".")[2],
        lambda link: f"harbour.{uuid4()}.secret",
        lambda link: "harbour.x.y",
        lambda link: "harbour",
    ],
)
def test_a_wrong_link_opens_nothing(link, wrong):
    assert accept(wrong(link)).status_code == 404
    assert not Person.objects.filter(email="nina@new.example").exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "password1234"}, "password"),
        ({"name": None}, "name"),
    ],
)
def test_a_weak_password_or_no_name_leaves_the_invitation_open(link, changes, field):
    refused = accept(link, **changes)
    assert refused.status_code == 400
    assert refused.json()["field"] == field
    assert accept(link).status_code == 201


def test_somebody_with_an_account_joins_with_its_password(cast, clara):
    cast.sam.set_password(PASSWORD)
    cast.sam.save()
    link = clara.post(
        INVITATIONS, {"email": "sam@example.org", "role": "client_viewer"}, format="json"
    ).json()["link"]
    refused = accept(link, password="not the password")
    assert refused.status_code == 403
    assert not Membership.objects.filter(user=cast.sam).exists()

    assert accept(link).status_code == 201
    assert Membership.objects.get(user=cast.sam).role == "client_viewer"


def test_a_race_for_one_invitation_has_one_winner(cast, link, monkeypatch):
    """Between reading and accepting, somebody else accepts."""
    from tenants.organizations import invitations

    real = invitations.read_invitation

    def read_and_lose(given):
        found = real(given)
        monkeypatch.setattr(invitations, "read_invitation", real)
        invitations.accept_invitation(link=given, name="First", password=PASSWORD)
        return found

    monkeypatch.setattr(invitations, "read_invitation", read_and_lose)
    late = accept(link)
    assert late.status_code in {403, 410}
    assert Membership.objects.filter(user__email="nina@new.example").count() == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "x@example.org", "role": "annotator"}, 400),
        ({"email": "x@example.org", "role": "emperor"}, 400),
        ({"email": "x", "role": "client_viewer"}, 400),
        ({"email": f"{'x' * 60}@{'y.' * 100}example", "role": "client_viewer"}, 400),
        ({"email": "Vera@example.org", "role": "client_viewer"}, 409),
    ],
)
def test_an_invitation_that_makes_no_sense_is_refused(cast, clara, body, status):
    assert clara.post(INVITATIONS, body, format="json").status_code == status
    with scope(cast.harbour.id):
        assert not Invitation.objects.exists()


def test_the_operator_invites_nobody_into_an_organization_that_is_led(cast, api):
    """An operator needs no footage; with a second address as client_admin one would see it."""
    olga, body = api(cast.olga), {"email": "olga2@example.org", "role": "client_admin"}

    refused = olga.post(INVITATIONS, body, format="json")

    assert refused.status_code == 403
    assert "has an administrator" in refused.json()["detail"]
    Membership.objects.filter(user=cast.clara).delete()
    assert olga.post(INVITATIONS, body, format="json").status_code == 201


def test_nobody_gives_a_role_that_is_not_theirs_to_give(cast, api):
    """Every person of the cast, every role, in the client and in the vendor."""
    gives = {
        ("clara", "harbour"): {"client_admin", "client_uploader", "client_viewer"},
        ("nora", "northlight"): {"vendor_manager", "annotator", "reviewer"},
    }
    given = {}
    for name, person in cast.everyone().items():
        client = api(person)
        for slug in ("harbour", "northlight", "provider"):
            for role in Role:
                body = {"email": f"{role.value}@new.example", "role": role.value}
                url = f"/api/v1/t/{slug}/invitations"
                if client.post(url, body, format="json").status_code == 201:
                    given.setdefault((name, slug), set()).add(role.value)
    gives["olga", "provider"] = {"operator", "auditor"}

    assert given == gives


def test_the_services_check_what_the_api_checked(cast):
    from core.access.actors import Actor
    from tenants.organizations.invitations import invite

    actor = Actor.person(cast.clara)
    with pytest.raises(Invalid, match="e-mail"):
        invite(actor=actor, organization=cast.harbour, email="x", role=Role.CLIENT_VIEWER)
    with pytest.raises(Invalid, match="no role"):
        memberships.add_membership(
            actor=actor, user=cast.sam, organization=cast.harbour, role=Role.ANNOTATOR
        )
    with pytest.raises(Invalid, match="between"):
        memberships.engage(actor=actor, client=cast.northlight, vendor=cast.harbour)
    with pytest.raises(Invalid, match="before it starts"):
        memberships.grant_audit(
            actor=actor,
            user=cast.arthur,
            organization=cast.harbour,
            purpose="x",
            expires_at=now(),
        )


def test_the_invitation_s_page_lets_somebody_in(cast, api, link):
    browser = api()
    assert b"harbour" in browser.get(f"/invitation/{link}").content
    weak = browser.post(f"/invitation/{link}", {"name": "Nina", "password": "x"})
    assert weak.status_code == 400
    empty = browser.post(f"/invitation/{link}", {})
    assert empty.status_code == 400
    joined = browser.post(f"/invitation/{link}", {"name": "Nina", "password": PASSWORD})
    assert (joined.status_code, joined["Location"]) == (302, "/t/harbour/")
    assert browser.get("/t/harbour/home").status_code == 200
    again = {"name": "Nina", "password": PASSWORD}
    assert browser.post(f"/invitation/{link}", again).status_code == 410
    assert browser.get("/invitation/harbour.x.y").status_code == 404


def test_members_are_listed_and_removed(cast, clara):
    rows = clara.get("/api/v1/t/harbour/members").json()["results"]
    assert [row["email"] for row in rows] == [f"{n}@example.org" for n in ("clara", "umar", "vera")]
    vera = next(row for row in rows if row["name"] == "Vera")

    assert clara.delete(f"/api/v1/t/harbour/members/{vera['id']}").status_code == 204
    assert clara.delete(f"/api/v1/t/harbour/members/{vera['id']}").status_code == 404
    assert not Membership.objects.filter(user=cast.vera).exists()


def test_a_removed_member_is_out_at_their_next_request(cast, api, clara):
    vera = api(cast.vera)
    assert vera.get("/api/v1/t/harbour").status_code == 200
    membership = Membership.objects.get(user=cast.vera)
    clara.delete(f"/api/v1/t/harbour/members/{membership.id}")
    assert vera.get("/api/v1/t/harbour").status_code == 404


def test_the_last_administrator_stays(cast, clara):
    mine = Membership.objects.get(user=cast.clara)
    refused = clara.delete(f"/api/v1/t/harbour/members/{mine.id}")
    assert refused.status_code == 409
    assert Membership.objects.filter(id=mine.id).exists()

    Membership.objects.create(user=cast.vera, organization=cast.harbour, role="client_admin")
    assert clara.delete(f"/api/v1/t/harbour/members/{mine.id}").status_code == 204


def test_another_organization_s_member_is_not_there(cast, clara):
    mila = Membership.objects.get(user=cast.mila)
    assert clara.delete(f"/api/v1/t/harbour/members/{mila.id}").status_code == 404
    assert Membership.objects.filter(id=mila.id).exists()


def test_the_members_page_invites(cast, clara):
    page = "/t/harbour/members"
    assert b"umar@example.org" in clara.get(page).content
    made = clara.post(page, {"email": "x@example.org", "role": "client_viewer"})
    assert made.status_code == 201
    assert b"/invitation/harbour." in made.content
    refused = clara.post(page, {"email": "x", "role": "annotator"})
    assert refused.status_code == 400


def test_the_members_page_keeps_what_was_typed_and_says_why_not(cast, clara):
    page = "/t/harbour/members"
    long = f"{'x' * 60}@{'y.' * 100}example"
    for address, words in ((long, b"at most 254 characters"), (cast.vera.email, b"here already")):
        refused = clara.post(page, {"email": address, "role": "client_viewer"})
        assert refused.status_code in {400, 409}
        assert words in refused.content
        assert address.encode() in refused.content


def test_the_members_page_asks_before_it_removes_and_keeps_the_last_administrator(cast, clara):
    page = "/t/harbour/members"
    assert b"Remove this person?" in clara.get(page).content
    mine = Membership.objects.get(user=cast.clara)
    kept = clara.post(page, {"act": "remove", "id": str(mine.id)}, follow=True)
    assert kept.status_code == 200
    assert b"This is the last person who can manage the others." in kept.content
    assert Membership.objects.filter(id=mine.id).exists()


def test_engagements_are_opened_once_and_ended(cast, api):
    olga = api(cast.olga)
    place = "/api/v1/operator/engagements"
    body = {"client": "museum", "vendor": "northlight"}
    assert api(cast.nora).get("/api/v1/t/museum/tasks").status_code == 404

    made = olga.post(place, body, format="json")
    assert made.status_code == 201
    assert olga.post(place, body, format="json").status_code == 409
    assert api(cast.nora).get("/api/v1/t/museum/tasks").status_code == 200
    assert len(olga.get(place).json()["results"]) == 2

    ended = f"{place}/{made.json()['id']}"
    assert olga.delete(ended).status_code == 204
    assert olga.delete(ended).status_code == 404
    assert api(cast.nora).get("/api/v1/t/museum/tasks").status_code == 404
    for wrong in ({"client": "northlight", "vendor": "northlight"}, {"client": "x", "vendor": "y"}):
        assert olga.post(place, wrong, format="json").status_code == 404
    assert "for" in str(Engagement.objects.first())


def test_a_suspended_vendor_s_people_reach_no_client(cast, api):
    cast.northlight.state = "suspended"
    cast.northlight.save()
    assert api(cast.nora).get("/api/v1/t/harbour/tasks").status_code == 404


def test_an_auditor_s_grant_opens_one_log_until_its_day(cast, api):
    body = {"user": str(cast.arthur.id), "organization": "museum", "purpose": "audit", "days": 3}
    place = "/api/v1/operator/audit-grants"
    arthur = api(cast.arthur)
    assert arthur.get("/api/v1/t/museum").status_code == 404

    made = api(cast.olga).post(place, body, format="json")

    assert made.status_code == 201
    assert arthur.get("/api/v1/t/museum").status_code == 200
    with frozen(now() + timedelta(days=4)):
        assert arthur.get("/api/v1/t/museum").status_code == 404
    for wrong in ({"user": str(cast.clara.id)}, {"organization": "nowhere"}):
        refused = api(cast.olga).post(place, {**body, **wrong}, format="json")
        assert refused.status_code == 404
    assert str(cast.arthur.id) in str(AuditorGrant.objects.first())


def test_the_operator_sees_all_organizations(cast, api):
    rows = api(cast.olga).get("/api/v1/operator/organizations").json()["results"]
    assert [row["slug"] for row in rows] == ["harbour", "museum", "provider", "northlight"]
    assert "in" in str(Membership.objects.first())


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("olga", "/operator/"),
        ("arthur", "/t/harbour/log"),
        ("clara", "/t/harbour/"),
        ("anna", "/t/northlight/"),
        ("sam", "/nowhere"),
    ],
)
def test_everybody_is_led_to_where_they_work(cast, api, name, home):
    browser = api(getattr(cast, name))
    assert browser.get("/")["Location"] == home
    landing = browser.get("/", follow=True)
    assert landing.status_code == 200


def test_an_auditor_whose_grants_are_over_is_told_so(cast, api):
    AuditorGrant.objects.update(expires_at=now() - timedelta(days=1))
    assert api(cast.arthur).get("/")["Location"] == "/nowhere"
    assert api().get("/")["Location"].startswith("/accounts/login/")
