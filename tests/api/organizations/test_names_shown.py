"""People read what organizations are called; what stands in addresses is for addresses."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.cache import cache

from core.access.actors import Actor
from core.access.models import Engagement
from core.clock import frozen
from core.notices.jobs import send_digests
from core.notices.services import notify
from core.outbox.jobs import enqueue
from core.storage.vault import create_object
from core.tenancy.asking import ask_as_person, asking_from_anew
from core.tenancy.names import name_of, names_of
from core.tenancy.scope import scope
from tenants.organizations.memberships import end_engagement
from tenants.organizations.profiles import change_profile
from tests.cast import call
from workforce.people.services import add_worker

NAMES = {"harbour": "Port of Antwerp", "northlight": "Polar Labelling"}


@pytest.fixture(autouse=True)
def named(cast, settings, tmp_path):
    settings.OBJECT_STORE_FOLDER = tmp_path / "objects"
    for slug, name in NAMES.items():
        call(getattr(cast, slug), name)


def words(client, path) -> str:
    """What a person reads on a page: no tags, no attributes, nothing in type for machines."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    text = re.sub(r"(?s)<(script|style)\b.*?</\1>", " ", answer.content.decode())
    text = re.sub(r'<(\w+) class="[^"]*\bmono\b[^"]*"[^>]*>[^<]*</\1>', " ", text)
    return re.sub(r"<[^>]+>", " ", text)


@pytest.mark.parametrize(
    "path",
    [
        "/operator/organizations", "/operator/auditors", "/operator/keys", "/operator/rates",
        "/operator/jobs",
    ],
)  # fmt: skip
def test_the_operator_s_pages_call_organizations_by_name(cast, olga, path):
    enqueue("delivery.start_clock", tenant=cast.harbour.id, args={"clip": str(cast.harbour.id)})
    enqueue("delivery.start_clock", tenant=cast.northlight.id, args={"clip": str(cast.harbour.id)})
    card = {"name": "List", "currency": "EUR", "rates": {"object": "1"}}
    assert olga.post("/api/v1/operator/rate-cards", card, format="json").status_code == 201
    text = words(olga, path)
    for slug, name in NAMES.items():
        assert name in text, (path, name)
        assert slug not in text, (path, slug)


def test_how_one_stands_is_told_under_its_name_and_closing_it_wants_its_address(cast, olga):
    path = f"/operator/organizations/{cast.harbour.id}"
    text = words(olga, path)
    assert "Port of Antwerp" in text
    assert "Type harbour, so that no other is closed." in text
    form = {"state": "suspended", "reason": "unpaid", "note": "Two months."}
    assert olga.post(path, form).status_code == 302
    assert "Port of Antwerp is suspended." in words(olga, "/operator/organizations")


def test_what_the_operator_did_is_told_by_name(cast, olga):
    olga.post("/operator/organizations", {"client": "museum", "vendor": "northlight"})
    assert "Polar Labelling may now work for museum." in words(olga, "/operator/organizations")
    with create_object(tenant=cast.harbour.id, kind="source") as writer:
        writer.write(b"frames")
    olga.post("/operator/keys", {"organization": "harbour"})
    assert "Port of Antwerp has key" in words(olga, "/operator/keys")


@pytest.mark.parametrize("path", ["/account/", "/account/tokens", "/help/roles"])
def test_one_s_account_calls_organizations_by_name(cast, api, path):
    for name, slug in (("clara", "harbour"), ("anna", "northlight")):
        text = words(api(getattr(cast, name)), path)
        assert NAMES[slug] in text
        assert slug not in text


def test_search_calls_organizations_by_name(cast, clara, olga):
    assert "Port of Antwerp" in words(clara, "/search?q=inv&t=harbour")
    found = words(olga, "/search?q=harb")
    assert "Port of Antwerp" in found
    assert "harbour, client" in found


def test_a_name_shows_at_once_after_it_was_changed(cast, clara, django_capture_on_commit_callbacks):
    assert "Port of Antwerp" in words(clara, "/account/")
    with django_capture_on_commit_callbacks(execute=True):
        change_profile(
            actor=Actor.person(cast.clara), tenant=cast.harbour.id, name="Port of Ghent",
            address="", tax_number="", time_zone="UTC",
        )  # fmt: skip
    assert "Port of Ghent" in words(clara, "/account/")


def sentences(client) -> list[str]:
    return [one["text"] for one in client.get("/api/v1/me/notices").json()["results"]]


def test_notices_call_organizations_by_name_also_where_their_engagement_has_ended(
    cast, api, nora, run_jobs
):
    cache.clear()
    end_engagement(
        actor=Actor.person(cast.olga), engagement=Engagement.objects.get(client=cast.harbour)
    )
    assert sentences(nora) == [
        "The engagement with Port of Antwerp has ended. Its work is closed to your people."
    ]
    [told] = nora.get("/api/v1/me/notices").json()["results"]
    assert (told["organization"], told["organization_name"]) == ("northlight", "Polar Labelling")
    assert "Polar Labelling" in words(nora, "/notices/")
    assert "northlight" not in words(nora, "/notices/")

    run_jobs()
    [sent] = mail.outbox
    assert "Port of Antwerp" in sent.subject
    for text in (sent.body, sent.alternatives[0][0]):
        assert "Polar Labelling, " in text
        assert "northlight" not in text


def test_the_daily_e_mail_calls_organizations_by_name(cast, run_jobs):
    noon = datetime(2026, 11, 26, 12, tzinfo=UTC)
    with frozen(noon), scope(cast.harbour.id):
        notify("clip_erased", key="a", people=[cast.clara.id])
        notify("clip_erased", key="b", people=[cast.clara.id])
    with frozen(noon + timedelta(days=1)):
        assert send_digests() == 1
        run_jobs()
    [sent] = mail.outbox
    assert sent.body.count("Port of Antwerp, ") == 2
    assert "harbour, " not in sent.body


def test_who_is_suspended_reads_so_by_name(cast, api, clara, olga):
    form = {"state": "suspended", "reason": "unpaid", "note": "Two months."}
    assert olga.post(f"/operator/organizations/{cast.harbour.id}", form).status_code == 302
    cache.clear()
    for person in (cast.anna, cast.umar, cast.clara):
        refused = api(person).get("/api/v1/t/harbour/projects")
        assert refused.status_code == 403
        assert "Port of Antwerp" in refused.json()["detail"]
        assert "harbour" not in refused.json()["detail"]
    assert sentences(clara) == ["Port of Antwerp is suspended: an invoice is overdue."]
    again = olga.post(f"/operator/organizations/{cast.harbour.id}", form)
    assert "Port of Antwerp is suspended" in again.content.decode()


def test_who_looks_over_access_reads_vendors_by_name(cast, clara):
    text = words(clara, "/t/harbour/access-review")
    assert "vendor Polar Labelling" in text
    assert "northlight" not in text


def test_a_client_s_name_is_what_a_manager_writes_on_papers_and_reads_there(cast, nora):
    worker = add_worker(
        actor=Actor.person(cast.nora), vendor=cast.northlight.id, user_id=cast.anna.id
    )
    page = f"/t/northlight/people/{worker.id}/papers"
    assert "Clients: Port of Antwerp" in words(nora, page)
    assert nora.post(page, {"kind": "nda", "value": "Port of antwerp"}).status_code == 302
    assert nora.post(page, {"kind": "conflict", "value": "harbour"}).status_code == 302
    for shown in (page, page.removesuffix("/papers")):
        text = words(nora, shown)
        assert "Port of Antwerp" in text
        assert "harbour" not in text
    refused = nora.post(page, {"kind": "nda", "value": "Port of Nowhere"})
    assert refused.status_code == 400
    assert "No client called port of nowhere has engaged you." in refused.content.decode()


def test_of_two_clients_of_one_name_the_address_tells_which_is_meant(cast, nora, olga):
    olga.post("/operator/organizations", {"client": "museum", "vendor": "northlight"})
    call(cast.museum, "Port of Antwerp")
    cache.clear()
    worker = add_worker(
        actor=Actor.person(cast.nora), vendor=cast.northlight.id, user_id=cast.anna.id
    )
    page = f"/t/northlight/people/{worker.id}/papers"
    refused = nora.post(page, {"kind": "nda", "value": "Port of Antwerp"})
    assert refused.status_code == 400
    assert "write the one you mean as its address has it: harbour, museum" in (
        refused.content.decode()
    )
    assert nora.post(page, {"kind": "nda", "value": "museum"}).status_code == 302


def test_a_name_read_by_somebody_to_whom_it_is_shut_is_the_name_for_all(cast):
    cache.clear()
    with asking_from_anew():
        ask_as_person(cast.mila.id)
        assert name_of(cast.harbour) == "Port of Antwerp"
        assert names_of([cast.harbour.id, cast.museum.id]) == {
            cast.harbour.id: "Port of Antwerp", cast.museum.id: "museum",
        }  # fmt: skip
