"""Access review and retention over the API: what the pages say, with the same receipts."""

import json
from datetime import timedelta

import pytest

from core.access.actors import Actor
from core.access.models import Membership
from core.audit.models import AuditEntry
from core.clock import now
from core.tenancy.scope import scope
from tenants.compliance.access_review import access_now
from tenants.compliance.reading import Reader
from tenants.compliance.retention import status_of
from tenants.contracts.services import draft_contract, sign_contract
from tenants.intake.erasure import erase_clip
from tenants.intake.models import Clip
from tests.api.labels.floor import make_clip

REVIEW, RETENTION = "/api/v1/t/harbour/access-review", "/api/v1/t/harbour/retention"


@pytest.fixture
def arthur(cast, api):
    return api(cast.arthur)


def entries(cast, action):
    with scope(cast.harbour.id):
        rows = AuditEntry.objects.filter(action=action).order_by("time", "id")
        return [json.loads(bytes(row.body)) for row in rows]


def test_it_says_who_may_enter_as_the_page_does(cast, arthur):
    told = arthur.get(REVIEW).json()
    rows, _ = access_now(Reader(Actor.person(cast.arthur), cast.harbour.id))
    names = ("person", "who", "role", "through")
    assert [[row[name] for name in names] for row in told["results"]] == [
        [str(getattr(row, name)) for name in names] for row in rows
    ]
    assert (told["people"], told["idle"], told["last_review"]) == (9, 0, None)
    grant = next(row for row in told["results"] if row["who"] == "You")
    assert grant["through"] == "grant for yearly-review"
    assert grant["until"] is not None
    assert "@" not in json.dumps(told), "people stand under their ids"


def test_each_read_is_an_entry_of_the_log(cast, arthur):
    arthur.get(REVIEW)
    arthur.get(RETENTION)
    for action in ("access.review.read", "retention.read"):
        (entry,) = entries(cast, action)
        assert entry["actor"]["id"] == str(cast.arthur.id)
        assert entry["details"]["purpose"] == "yearly-review"


def test_a_review_over_the_api_is_the_same_entry_and_flags_show(cast, arthur, clara):
    seen = [row["person"] for row in arthur.get(REVIEW).json()["results"]]
    body = {"seen": seen, "flagged": [str(cast.vera.id)], "note": "Vera left in October."}
    made = arthur.post(REVIEW, body, format="json")
    assert made.status_code == 201
    (entry,) = entries(cast, "access.review.completed")
    assert entry["details"]["flagged"] == [str(cast.vera.id)]
    assert "Vera left" not in json.dumps(entry), "what was found is personal, and erasable"
    told = clara.get(REVIEW).json()
    assert told["last_review"]["entry"] == made.json()["entry"]
    assert (told["last_review"]["people"], told["last_review"]["flagged"]) == (
        9, [str(cast.vera.id)],
    )  # fmt: skip
    assert [row["person"] for row in told["results"] if row["flagged"]] == [str(cast.vera.id)]
    assert "Flagged at the last review" in clara.get("/t/harbour/access-review").content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"seen": []}, "seen"),
        ({"seen": ["vera"]}, "seen"),
        ({"flagged": ["00000000-0000-4000-8000-000000000000"]}, "flagged"),
        ({"seen": ["00000000-0000-4000-8000-000000000000"]}, "seen"),
        ({"note": "x" * 2001}, "note"),
    ],
)
def test_what_is_no_review_is_refused_at_its_field(cast, arthur, change, field):
    body = {"seen": [str(cast.vera.id)], **change}
    refused = arthur.post(REVIEW, body, format="json")
    assert refused.status_code == 400, refused.content
    told = refused.json()
    assert told.get("field") == field or field in told["errors"]
    assert entries(cast, "access.review.completed") == []


def test_who_left_since_is_not_reviewed(cast, arthur):
    Membership.objects.filter(user=cast.vera).delete()
    refused = arthur.post(REVIEW, {"seen": [str(cast.vera.id)]}, format="json")
    assert (refused.status_code, refused.json()["field"]) == (400, "seen")
    assert "Look at it again" in refused.json()["detail"]


def test_people_of_another_client_are_nobody_here(cast, arthur, api):
    refused = arthur.post(REVIEW, {"seen": [str(cast.mila.id)]}, format="json")
    assert refused.status_code == 400
    for path in (REVIEW, RETENTION):
        assert api(cast.mila).get(path).status_code == 404
        assert arthur.get(path.replace("harbour", "museum")).status_code == 404


def test_retention_is_told_as_on_its_page(cast, arthur):
    assert arthur.get(RETENTION).json()["days"] is None
    contract = draft_contract(actor=Actor.person(cast.olga), tenant=cast.harbour.id)
    sign_contract(actor=Actor.person(cast.clara), tenant=cast.harbour.id, contract_id=contract.id)
    old, near, gone, last = (make_clip(cast) for _ in range(4))
    with scope(cast.harbour.id):
        for clip, days in ((old, 181), (near, 170)):
            Clip.objects.filter(id=clip.id).update(created_at=now() - timedelta(days=days))
    for clip in (gone, last):
        erase_clip(actor=Actor.person(cast.clara), tenant=cast.harbour.id, clip_id=clip.id,
                   reason="data_subject")  # fmt: skip

    told = arthur.get(f"{RETENTION}?limit=1").json()

    status = status_of(cast.harbour.id)
    assert (told["days"], told["over"], told["soon"], told["erased"]) == (180, 1, 1, 2)
    assert (told["kept"], told["by_state"]) == (status.kept, dict(status.by_state))
    assert [(due["clip"], due["days"] < 0) for due in told["due"]] == [
        (str(old.id), True), (str(near.id), False),
    ]  # fmt: skip
    (erased,) = told["results"]
    assert (erased["clip"], erased["reason"]) == (
        str(last.id), "A person in the footage asks for it",
    )  # fmt: skip
    assert erased["forgotten_on"] > now().date().isoformat()
    rest = arthur.get(f"{RETENTION}?limit=1&cursor={told['next']}").json()
    assert [row["clip"] for row in rest["results"]] == [str(gone.id)]
    assert rest["next"] is None
