"""API tokens: shown once, kept as a hash, bound to one organization, ended by time or by hand."""

import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from core.accounts.assurance import needs_passkey
from core.accounts.models import ApiToken
from core.accounts.tokens import issue_token
from core.audit.models import AuditEntry
from core.clock import frozen, now
from core.errors import Invalid, NotFound
from core.tenancy.scope import scope
from tests.cast import PASSWORD

TOKENS = "/api/v1/me/tokens"


def bearer(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture
def token_for(cast):
    def make(person, organization, **more) -> str:
        more.setdefault("second_factor", needs_passkey(person))
        return issue_token(user=person, organization=organization, name="nightly", **more)[1]

    return make


def test_a_token_is_shown_once_and_only_its_hash_is_kept(cast, api):
    made = api(cast.clara).post(
        TOKENS, {"organization": "harbour", "name": "nightly"}, format="json"
    )

    assert made.status_code == 201
    secret = made.json()["secret"]
    row = ApiToken.objects.get()
    assert bytes(row.digest) == hashlib.sha256(secret.encode()).digest()
    assert secret.encode() not in repr(ApiToken.objects.values_list()).encode()
    (listed,) = api(cast.clara).get(TOKENS).json()["results"]
    assert listed["name"] == str(row) == "nightly"
    assert "secret" not in listed
    with scope(cast.provider.id):
        entry = AuditEntry.objects.get(action="token.issued")
    assert secret.encode() not in bytes(entry.body)


def test_a_token_opens_its_organization_and_no_other(cast, token_for):
    client = bearer(token_for(cast.clara, cast.harbour))

    assert client.get("/api/v1/t/harbour").status_code == 200
    assert client.get("/api/v1/t/museum").status_code == 404
    assert client.get("/api/v1/me").json()["email"] == "clara@example.org"


def test_a_person_of_two_organizations_needs_a_token_for_each(cast, token_for):
    from core.access.models import Membership

    Membership.objects.create(user=cast.clara, organization=cast.museum, role="client_admin")
    client = bearer(token_for(cast.clara, cast.harbour))

    assert client.get("/api/v1/t/harbour/members").status_code == 200
    assert client.get("/api/v1/t/museum/members").status_code == 404


def test_a_vendor_s_token_reaches_the_clients_that_have_engaged_it(cast, token_for):
    client = bearer(token_for(cast.nora, cast.northlight))

    assert client.get("/api/v1/t/northlight").status_code == 200
    assert client.get("/api/v1/t/harbour/tasks").status_code == 200
    assert client.get("/api/v1/t/museum/tasks").status_code == 404


def test_a_token_of_one_vendor_does_not_open_what_another_is_engaged_for(cast, token_for):
    from core.access.models import Membership
    from core.tenancy.models import Organization

    southlight = Organization.objects.create(slug="southlight", kind="vendor")
    Membership.objects.create(user=cast.nora, organization=southlight, role="vendor_manager")
    client = bearer(token_for(cast.nora, southlight))

    assert client.get("/api/v1/t/harbour/tasks").status_code == 404


def test_the_operator_s_token_works_at_the_desk_and_a_client_s_does_not(cast, token_for):
    from core.access.models import Membership

    desk = "/api/v1/operator/organizations"
    assert bearer(token_for(cast.olga, cast.provider)).get(desk).status_code == 200
    assert bearer(token_for(cast.olga, cast.provider)).get("/api/v1/t/harbour").status_code == 200

    Membership.objects.create(user=cast.olga, organization=cast.museum, role="client_viewer")
    client = bearer(token_for(cast.olga, cast.museum))
    assert client.get(desk).status_code == 404
    assert client.get("/api/v1/t/harbour").status_code == 404


def test_an_expired_revoked_or_unknown_token_says_no_more_than_that(cast, api, token_for):
    expired = token_for(cast.clara, cast.harbour, lifetime=timedelta(days=1))
    revoked = token_for(cast.clara, cast.harbour)
    row = ApiToken.objects.latest("expires_at")
    assert api(cast.clara).delete(f"{TOKENS}/{row.id}").status_code == 204

    answers = [bearer(secret).get("/api/v1/me") for secret in (revoked, "custos_x", "")]
    with frozen(now() + timedelta(days=2)):
        answers.append(bearer(expired).get("/api/v1/me"))

    bodies = [answer.json() for answer in answers]
    assert {answer.status_code for answer in answers} == {401}
    assert {(body["code"], body["detail"]) for body in bodies} == {
        ("not_signed_in", "This API token is unknown, expired or revoked. Make a new one.")
    }


def test_a_token_of_somebody_who_may_no_longer_sign_in_is_dead(cast, token_for):
    secret = token_for(cast.clara, cast.harbour)
    cast.clara.is_active = False
    cast.clara.save()

    assert bearer(secret).get("/api/v1/me").status_code == 401


def test_another_scheme_is_no_token(cast, token_for):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Basic {token_for(cast.clara, cast.harbour)}")
    answer = client.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"


def test_nobody_ends_another_s_token(cast, api, token_for):
    secret = token_for(cast.clara, cast.harbour)
    row = ApiToken.objects.get()

    assert api(cast.mila).delete(f"{TOKENS}/{row.id}").status_code == 404
    assert api(cast.clara).delete(f"{TOKENS}/{uuid4()}").status_code == 404
    assert bearer(secret).get("/api/v1/me").status_code == 200


def test_a_token_cannot_make_tokens(cast, token_for):
    client = bearer(token_for(cast.clara, cast.harbour, sudo=True))
    refused = client.post(TOKENS, {"organization": "harbour", "name": "heir"}, format="json")
    assert refused.status_code == 401
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"organization": "museum", "name": "x"}, 404, "nothing here"),
        ({"organization": "nowhere", "name": "x"}, 404, "nothing here"),
        ({"organization": "harbour"}, 400, "name"),
        ({"organization": "harbour", "name": "x", "days": 366}, 400, "days"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(cast, api, body, status, told):
    refused = api(cast.clara).post(TOKENS, body, format="json")
    assert refused.status_code == status
    assert told in refused.json()["detail"]
    assert not ApiToken.objects.exists()


def test_the_service_refuses_what_the_api_never_sends(cast):
    with pytest.raises(NotFound):
        issue_token(user=cast.clara, organization=cast.museum, name="x")
    with pytest.raises(Invalid, match="program"):
        issue_token(user=cast.clara, organization=cast.harbour, name="  ")


@pytest.fixture
def clara_with_password(cast):
    cast.clara.set_password(PASSWORD)
    cast.clara.save()
    return {"email": "Clara@example.org", "password": PASSWORD, "organization": "harbour"}


def test_the_command_line_signs_in_with_a_password(clara_with_password):
    made = APIClient().post("/api/v1/auth/token", clara_with_password, format="json")
    assert made.status_code == 201, made.content
    assert bearer(made.json()["secret"]).get("/api/v1/t/harbour").status_code == 200


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(clara_with_password):
    bodies = [
        {**clara_with_password, "password": "wrong"},
        {**clara_with_password, "email": "nobody@example.org"},
    ]
    answers = [APIClient().post("/api/v1/auth/token", body, format="json") for body in bodies]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert not ApiToken.objects.exists()


def test_many_wrong_passwords_lock_the_account_for_a_while(clara_with_password):
    wrong = {**clara_with_password, "password": "wrong"}
    for _ in range(5):
        APIClient().post("/api/v1/auth/token", wrong, format="json")
    locked = APIClient().post("/api/v1/auth/token", clara_with_password, format="json")
    assert locked.status_code in {401, 429}
    assert not ApiToken.objects.exists()


def test_the_right_password_for_another_organization_is_refused(clara_with_password):
    body = {**clara_with_password, "organization": "museum"}
    assert APIClient().post("/api/v1/auth/token", body, format="json").status_code == 404


def test_an_account_with_a_second_factor_is_sent_to_the_portal(cast, clara_with_password):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=cast.clara, type="totp", data={"secret": "x"})
    refused = APIClient().post("/api/v1/auth/token", clara_with_password, format="json")
    assert refused.status_code == 401
    assert "second factor" in refused.json()["detail"]


def test_who_am_i_names_where_i_work(cast, api):
    me = api(cast.nora).get("/api/v1/me").json()
    assert me["organizations"] == [
        {"slug": "northlight", "kind": "vendor", "role": "vendor_manager"}
    ]
    assert api(cast.sam).get("/api/v1/me").json()["organizations"] == []
