"""Access review and retention: who may enter, what is over its time, what was erased."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from core.access.actors import Actor
from core.access.models import AuditorGrant, Engagement
from core.audit.models import AuditEntry
from core.clock import now
from core.tenancy.scope import scope
from tenants.contracts.services import draft_contract, sign_contract
from tenants.intake.erasure import erase_clip
from tenants.intake.models import Clip
from tests.api.compliance.test_log_api import write
from tests.api.labels.floor import make_clip
from tests.cast import sign_in as sign_in_as

REVIEW = "/t/harbour/access-review"


@pytest.fixture
def arthur(cast):
    client = Client()
    sign_in_as(client, cast.arthur)
    return client


def rows(page):
    return {(row.who, row.role): row for row in page.context["rows"]}


def person(user):
    return f"Person {str(user.id)[:8]}"


def test_everybody_who_may_enter_stands_there_with_what_they_did_last(cast, arthur):
    write(cast.harbour, 1, action="footage.frames.serve", actor=Actor.person(cast.anna))
    found = rows(arthur.get(REVIEW))
    assert {(who, role, row.through) for (who, role), row in found.items()} == {
        (person(cast.olga), "operator", "provider"),
        ("You", "auditor", "grant for yearly-review"),
        (person(cast.clara), "client admin", "member"),
        (person(cast.umar), "client uploader", "member"),
        (person(cast.vera), "client viewer", "member"),
        (person(cast.nora), "vendor manager", "vendor northlight"),
        (person(cast.anna), "annotator", "vendor northlight"),
        (person(cast.amir), "annotator", "vendor northlight"),
        (person(cast.rita), "reviewer", "vendor northlight"),
    }
    assert found[person(cast.anna), "annotator"].last_look is not None
    assert found[person(cast.amir), "annotator"].last_act is None
    assert not any(row.idle for row in found.values())


def test_who_did_nothing_for_long_comes_first_and_is_called_idle(cast, arthur):
    from core.access.models import Membership

    Membership.objects.filter(user=cast.vera).update(created_at=now() - timedelta(days=91))
    first = arthur.get(REVIEW).context["rows"][0]
    assert (first.who, first.idle) == (person(cast.vera), True)


def test_ways_that_ended_are_gone(cast, arthur):
    Engagement.objects.update(ends_at=now() - timedelta(minutes=1))
    AuditorGrant.objects.exclude(user=cast.arthur).delete()
    assert {row.through for row in arthur.get(REVIEW).context["rows"]} == {
        "provider", "member", "grant for yearly-review",
    }  # fmt: skip


def test_a_review_is_an_entry_and_flags_stay_until_the_next(cast, arthur):
    seen = [str(cast.vera.id), str(cast.umar.id)]
    note = "Vera left in October."
    answer = arthur.post(REVIEW, {"seen": seen, "flagged": [seen[0]], "note": note}, follow=True)
    assert b"The review is in the log." in answer.content
    with scope(cast.harbour.id):
        body = AuditEntry.objects.get(action="access.review.completed").body
    assert note.encode() not in bytes(body)
    details = json.loads(bytes(body))["details"]
    assert (details["people"], details["flagged"]) == (2, [seen[0]])
    page = arthur.get(REVIEW)
    assert page.context["review"].who == "You"
    assert {who for (who, _), row in rows(page).items() if row.flagged} == {person(cast.vera)}


@pytest.mark.parametrize(
    "wrong", [{}, {"seen": ["x"]}, {"flagged": ["00000000-0000-4000-8000-000000000000"]}]
)
def test_a_review_of_nobody_or_of_somebody_else_is_refused(cast, arthur, wrong):
    given = {"seen": [str(cast.vera.id)], **wrong} if wrong else {}
    assert arthur.post(REVIEW, given).status_code == 400
    with scope(cast.harbour.id):
        assert not AuditEntry.objects.filter(action="access.review.completed").exists()


def test_retention_counts_what_is_over_its_time_and_lists_certificates(cast, arthur):
    url = "/t/harbour/retention"
    assert b"No time is agreed yet" in arthur.get(url).content
    contract = draft_contract(actor=Actor.person(cast.olga), tenant=cast.harbour.id)
    sign_contract(actor=Actor.person(cast.clara), tenant=cast.harbour.id, contract_id=contract.id)
    old, near, gone = make_clip(cast), make_clip(cast), make_clip(cast)
    with scope(cast.harbour.id):
        for clip, days in ((old, 181), (near, 170)):
            Clip.objects.filter(id=clip.id).update(created_at=now() - timedelta(days=days))
    erase_clip(actor=Actor.person(cast.clara), tenant=cast.harbour.id, clip_id=gone.id,
               reason="data_subject")  # fmt: skip
    page = arthur.get(url)
    status = page.context["status"]
    assert (status.days, status.over, status.soon, status.erased) == (180, 1, 1, 1)
    assert [due.clip.id for due in status.due] == [old.id, near.id]
    (erased,) = page.context["certificates"]
    assert erased.reason == "A person in the footage asks for it"
    assert erased.covered > now().date()
    assert b"Footage is over its time" in page.content
