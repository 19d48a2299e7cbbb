"""From an application to the first person inside, and what may not happen twice."""

from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from core.access.models import Engagement
from core.audit.models import AuditEntry
from core.crypto.models import TenantKey
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from tenants.organizations.models import Application, Profile
from tests.cast import PASSWORD

BODY = {
    "kind": "client",
    "name": "Port Authority",
    "contact_name": "Pia Porter",
    "contact_email": "Pia@Port.example",
}


def apply(**changes):
    return APIClient().post("/api/v1/applications", {**BODY, **changes}, format="json")


def decide(olga, application, what="approve"):
    return olga.post(f"/api/v1/operator/applications/{application}/{what}")


def accept(link, **changes):
    body = {"link": link, "name": "Pia Porter", "password": PASSWORD, **changes}
    return APIClient().post("/api/v1/invitations/accept", body, format="json")


def test_an_applicant_becomes_an_organization_with_its_key_and_first_admin(cast, olga):
    applied = apply()
    assert applied.status_code == 201
    (listed,) = olga.get("/api/v1/operator/applications").json()["results"]
    assert (listed["name"], listed["contact_email"]) == ("Port Authority", "pia@port.example")

    approved = decide(olga, applied.json()["id"]).json()
    joined = accept(approved["invitation"])

    assert joined.status_code == 201
    assert joined.json()["role"] == "client_admin"
    organization = Organization.objects.get(slug="port-authority")
    with scope(organization.id):
        assert TenantKey.objects.count() == 1
        assert Profile.objects.get().name == str(Profile.objects.get()) == "Port Authority"
        actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"organization.created", "invitation.sent", "invitation.accepted"} <= actions
    client = APIClient()
    token = client.post(
        "/api/v1/auth/token",
        {"email": "pia@port.example", "password": PASSWORD, "organization": "port-authority"},
        format="json",
    )
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token.json()['secret']}")
    home = client.get("/api/v1/t/port-authority").json()
    assert (home["name"], home["roles"]) == ("Port Authority", ["client_admin"])


def test_a_vendor_s_first_person_is_its_manager(olga):
    approved = decide(olga, apply(kind="vendor").json()["id"]).json()
    assert accept(approved["invitation"]).json()["role"] == "vendor_manager"


@pytest.mark.parametrize("first", ["approve", "decline"])
@pytest.mark.parametrize("second", ["approve", "decline"])
def test_an_application_is_decided_once(olga, first, second):
    application = apply().json()["id"]
    assert decide(olga, application, first).status_code in {200, 201}
    count = Organization.objects.count()

    again = decide(olga, application, second)

    assert again.status_code == 409
    assert "already" in again.json()["detail"]
    assert Organization.objects.count() == count


def test_an_application_that_is_not_there_cannot_be_decided(olga):
    assert decide(olga, uuid4()).status_code == 404
    assert decide(olga, uuid4(), "decline").status_code == 404


def test_the_same_name_gets_a_number_and_reserved_words_never_stand_alone(olga):
    slugs = []
    for name in ("Harbour", "Harbour", "API", "x" * 63, "x" * 63, "x" * 63, "北港", "ميناء"):
        approved = decide(olga, apply(name=name).json()["id"])
        assert approved.status_code == 201, approved.content
        slugs.append(approved.json()["organization"]["slug"])
    assert slugs[:3] == ["harbour-2", "harbour-3", "api-2"]
    assert slugs[3:6] == ["x" * 63, "x" * 58 + "-2", "x" * 58 + "-3"]
    assert slugs[6:] == ["client", "client-2"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "provider"}, "kind"),
        ({"name": "!!!"}, "name"),
        ({"name": ""}, "name"),
        ({"contact_name": " "}, "contact_name"),
        ({"contact_email": "nobody"}, "contact_email"),
        ({"contact_email": f"{'x' * 60}@{'y.' * 100}example"}, "contact_email"),
        ({"message": "x" * 2001}, "message"),
    ],
)
def test_an_application_that_cannot_be_answered_is_refused(cast, changes, field):
    refused = apply(**changes)
    assert refused.status_code == 400
    assert refused.json().get("field", field) == field
    assert field in refused.json().get("errors", {field: 1})
    with scope(cast.provider.id):
        assert not Application.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "x"}, "kind"),
        ({"contact_name": " "}, "contact_name"),
        ({"contact_email": "x"}, "contact_email"),
    ],
)
def test_the_service_checks_what_the_api_checked(cast, changes, field):
    from core.errors import Invalid
    from tenants.organizations.onboarding import apply as service

    with pytest.raises(Invalid) as caught:
        service(**{**BODY, **changes})
    assert caught.value.field == field


def test_applying_tells_nothing_about_who_is_here_already(cast):
    assert sorted(apply(name="Harbour").json()) == sorted(apply(name="Unheard of").json())


def test_the_applicant_s_page_takes_the_form_and_says_what_is_wrong(cast, api):
    page = api().get("/apply")
    assert page.status_code == 200
    assert api().post("/apply", BODY).status_code == 201
    refused = api().post("/apply", {**BODY, "contact_email": "x"})
    assert refused.status_code == 400
    refused = api().post("/apply", {**BODY, "name": "!!!"})
    assert refused.status_code == 400
    assert b"letters or digits" in refused.content


def test_the_operator_s_desk_approves_and_declines(cast, olga):
    first, second = apply().json()["id"], apply(name="Depot").json()["id"]
    assert b"Port Authority" in olga.get("/operator/").content

    approved = olga.post("/operator/", {"application": first})
    assert approved.status_code == 201
    assert b"/invitation/port-authority." in approved.content
    declined = olga.post("/operator/", {"application": second, "decision": "decline"})
    assert declined.status_code == 302
    assert olga.post("/operator/", {"application": second}).status_code == 409
    assert olga.post("/operator/", {"application": "x"}).status_code == 404


def test_the_desk_lists_organizations_and_engages_vendors(cast, olga):
    place = "/operator/organizations"
    body = {"client": "museum", "vendor": "northlight"}
    assert olga.post(place, body).status_code == 302
    assert b"museum" in olga.get(place).content
    assert olga.post(place, body).status_code == 409
    for wrong in ({**body, "client": "northlight"}, {**body, "vendor": "\x00"}, {}):
        assert olga.post(place, wrong).status_code == 404


def test_the_desk_ends_an_engagement_and_may_undo_it(cast, olga):
    place = "/operator/organizations"
    engagement = Engagement.objects.get(client=cast.harbour)
    page = olga.get(place).content.decode()
    assert f'data-dialog="{engagement.id}"' in page
    ended = olga.post(place, {"ends": str(engagement.id)}, follow=True)
    assert "northlight works for harbour no more." in ended.content.decode()
    engagement.refresh_from_db()
    assert engagement.ends_at is not None
    assert olga.post(place, {"ends": str(engagement.id)}).status_code == 404
    assert olga.post(place, {"client": "harbour", "vendor": "northlight"}).status_code == 302
    assert Engagement.objects.filter(client=cast.harbour, ends_at=None).exists()
