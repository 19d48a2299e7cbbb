"""An organization's details, its key, and the grants of auditors, over the API."""

import pytest

from core.audit.models import AuditEntry
from core.crypto.keys import open_keys
from core.tenancy.scope import scope

DETAILS, KEY = "/api/v1/t/harbour/details", "/api/v1/t/harbour/key"
GRANTS = "/api/v1/operator/audit-grants"
GIVEN = {
    "name": "Harbour Ltd",
    "address": "Quay 1\nPort",
    "tax_number": "BE 0123",
    "time_zone": "Europe/Brussels",
}


@pytest.fixture
def grant(cast):
    """What the operator sends to let Arthur read the museum's log."""
    return {
        "user": str(cast.arthur.pk),
        "organization": "museum",
        "purpose": "incident-7",
        "days": 3,
    }


def entries(tenant, action):
    with scope(tenant.id):
        rows = AuditEntry.objects.filter(action=action).order_by("time")
        return [bytes(row.body) for row in rows]


def test_details_are_read_as_they_were_set_and_the_log_says_which_changed(cast, clara):
    assert clara.put(DETAILS, GIVEN, format="json").json() == GIVEN
    moved = GIVEN | {"address": "Quay 2"}
    assert clara.put(DETAILS, moved, format="json").status_code == 200
    assert clara.put(DETAILS, moved, format="json").status_code == 200, "and changes nothing"

    assert clara.get(DETAILS).json() == moved
    assert clara.get("/api/v1/t/harbour").json()["name"] == "Harbour Ltd"
    first, second = entries(cast.harbour, "organization.details.changed")
    assert b'["address"]' in second
    assert b"Quay" not in first + second


@pytest.mark.parametrize(
    ("field", "value"),
    [("time_zone", "Mars/Olympus"), ("name", ""), ("name", "x" * 121), ("address", None)],
    ids=["zone", "empty", "long", "null"],
)
def test_details_that_do_not_fit_are_named_and_nothing_is_stored(clara, field, value):
    before = clara.get(DETAILS).json()
    refused = clara.put(DETAILS, GIVEN | {field: value}, format="json")

    assert refused.status_code == 400
    assert list(refused.json()["errors"]) == [field]
    assert clara.get(DETAILS).json() == before


def test_of_two_edits_of_one_state_the_second_is_refused(clara):
    read = clara.get(DETAILS)["ETag"]
    ours = clara.put(DETAILS, GIVEN, format="json", headers={"If-Match": read})
    late = clara.put(DETAILS, GIVEN | {"name": "L"}, format="json", headers={"If-Match": read})

    assert (ours.status_code, late.status_code) == (200, 412)
    assert clara.get(DETAILS).json()["name"] == "Harbour Ltd"


def test_a_key_is_replaced_at_once_and_once_at_a_time(cast, clara, run_jobs):
    open_keys(cast.harbour.id)
    before = clara.get(KEY).json()
    assert (before["version"], before["behind"], before["days"]) == (1, 0, None)
    assert before["rotation"] is None

    begun = clara.post(KEY)
    assert (begun.status_code, begun.json()["version"]) == (202, 2)
    assert clara.post(KEY).status_code == 409
    run_jobs()
    after = clara.get(KEY).json()
    assert (after["version"], after["rotation"]["state"]) == (2, "done")


def test_how_often_a_key_is_replaced_is_chosen_from_what_is_offered(cast, clara):
    assert clara.put(KEY, {"days": 91}, format="json").status_code == 400
    assert clara.put(KEY, {"days": 90}, format="json").json()["days"] == 90
    assert clara.put(KEY, {"days": 0}, format="json").json()["days"] == 0
    chosen = entries(cast.harbour, "key.plan.chosen")
    assert [b'{"days":90}' in body for body in chosen] == [True, False]


def test_a_grant_opens_a_log_to_an_auditor_is_listed_and_ends_at_once(cast, api, olga, grant):
    arthur = api(cast.arthur)
    log = "/api/v1/t/museum/log"
    assert arthur.get(log).status_code == 404

    given = olga.post(GRANTS, grant, format="json")
    assert given.status_code == 201
    assert arthur.get(log).status_code == 200
    newest, earlier = olga.get(GRANTS).json()["results"]
    assert newest == given.json()
    assert (newest["organization"], newest["purpose"]) == ("museum", "incident-7")
    assert earlier["organization"] == "harbour"

    one = f"{GRANTS}/{newest['id']}"
    assert olga.delete(one).status_code == 204
    assert olga.delete(one).status_code == 404, "it has ended"
    assert arthur.get(log).status_code == 404
    ended = olga.get(GRANTS).json()["results"][0]
    assert ended["expires_at"] < newest["expires_at"]
    assert len(entries(cast.museum, "audit.granted")) == 1
    assert len(entries(cast.museum, "audit.grant.ended")) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"purpose": "two words"}, 400),
        ({"days": 0}, 400),
        ({"organization": "nowhere"}, 404),
    ],
    ids=["purpose", "days", "organization"],
)
def test_a_grant_that_does_not_fit_is_refused(olga, grant, change, status):
    assert olga.post(GRANTS, grant | change, format="json").status_code == status
    assert len(olga.get(GRANTS).json()["results"]) == 1


def test_only_an_auditor_of_the_house_is_granted_a_log(cast, olga, grant):
    for person in (cast.clara, cast.olga, cast.sam):
        body = grant | {"user": str(person.pk)}
        assert olga.post(GRANTS, body, format="json").status_code == 404
