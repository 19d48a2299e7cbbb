"""Contracts: drafted by the operator, signed by the client, never changed after."""

from copy import deepcopy
from uuid import uuid4

import pytest

from core.errors import Conflict
from core.tenancy.scope import scope
from tenants.contracts.models import Contract
from tenants.contracts.services import terms_in_force
from tenants.contracts.terms import DEFAULT_TERMS

PLACE = "/api/v1/t/harbour/contracts"


def terms(path: str, value) -> dict:
    """The default terms with one place changed; a value of None takes it out."""
    document = deepcopy(DEFAULT_TERMS)
    *parents, last = path.split(".")
    target = document
    for parent in parents:
        target = target[parent]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return document


def draft(olga, **body):
    return olga.post(PLACE, body, format="json")


def test_a_contract_is_drafted_signed_and_in_force(cast, olga, clara):
    with scope(cast.harbour.id), pytest.raises(Conflict, match="signed contract"):
        terms_in_force()
    made = draft(olga)
    assert (made.status_code, made.json()["state"], made.json()["number"]) == (201, "draft", 1)

    signed = clara.post(f"{PLACE}/{made.json()['id']}/sign")

    assert (signed.status_code, signed.json()["state"]) == (200, "signed")
    assert signed.json()["signed_at"] is not None
    with scope(cast.harbour.id):
        assert terms_in_force().sla.turnaround_hours == 72
        row = Contract.objects.get()
        assert (row.signed_by_id, str(row)) == (cast.clara.id, "contract 1")


def test_a_contract_is_signed_once(olga, clara):
    contract = draft(olga).json()["id"]
    clara.post(f"{PLACE}/{contract}/sign")
    again = clara.post(f"{PLACE}/{contract}/sign")
    assert again.status_code == 409
    assert "signed already" in again.json()["detail"]


def test_a_newer_draft_takes_the_place_of_one_nobody_signed(olga, clara):
    first, second = draft(olga).json()["id"], draft(olga).json()["id"]
    assert clara.post(f"{PLACE}/{first}/sign").status_code == 409
    states = {row["number"]: row["state"] for row in clara.get(PLACE).json()["results"]}
    assert states == {1: "withdrawn", 2: "draft"}
    assert clara.post(f"{PLACE}/{second}/sign").status_code == 200


def test_the_newest_signed_one_is_in_force(cast, olga, clara):
    for hours in (72, 24):
        made = draft(olga, terms=terms("sla.turnaround_hours", hours))
        clara.post(f"{PLACE}/{made.json()['id']}/sign")
    draft(olga, terms=terms("sla.turnaround_hours", 12))
    with scope(cast.harbour.id):
        assert terms_in_force().sla.turnaround_hours == 24


def test_another_client_s_contract_is_not_there(cast, api, olga):
    contract = draft(olga).json()["id"]
    mila = api(cast.mila)
    assert mila.post(f"/api/v1/t/museum/contracts/{contract}/sign").status_code == 404
    assert mila.post(f"/api/v1/t/museum/contracts/{uuid4()}/sign").status_code == 404
    assert mila.get("/api/v1/t/museum/contracts").json() == {"results": [], "next": None}


def test_the_home_page_signs_what_waits(cast, olga, clara):
    contract = draft(olga).json()["id"]
    assert "Sign contract 1" in clara.get("/t/harbour/home").content.decode()
    assert clara.post("/t/harbour/home", {"contract": "x"}).status_code == 404
    assert clara.post("/t/harbour/home", {"contract": contract}).status_code == 302
    assert clara.post("/t/harbour/home", {"contract": contract}).status_code == 409


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("sla", None),
        ("sla", []),
        ("bonus", "10"),
        ("currency", "euro"),
        ("currency", 7),
        ("retention_days", 0),
        ("retention_days", True),
        ("retention_days", "180"),
        ("sla.turnaround_hours", 8761),
        ("sla.credit_percent_per_day", "101"),
        ("sla.credit_percent_cap", "-1"),
        ("sla.credit_percent_cap", "many"),
        ("rates", {}),
        ("rates", []),
        ("rates.day", "1"),
        ("rates.object", 0.4),
        ("rates.object", "NaN"),
        ("rates.object", "1e300"),
        ("rates.object", "0.00000001"),
        ("rates.object", "10000000"),
        ("privacy.audio", "mute"),
        ("privacy.faces", "yes"),
        ("names_shown", 1),
    ],
)
def test_terms_that_are_not_sound_are_refused_and_named(cast, olga, path, value):
    refused = draft(olga, terms=terms(path, value))
    assert refused.status_code == 400, refused.json()
    assert refused.json()["field"].startswith("terms")
    with scope(cast.harbour.id):
        assert not Contract.objects.exists()


def test_terms_are_an_object(olga):
    assert draft(olga, terms="all free").status_code == 400
