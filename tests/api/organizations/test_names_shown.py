"""People read what organizations are called; what stands in addresses is for addresses."""

import re

import pytest

from core.access.actors import Actor
from core.outbox.jobs import enqueue
from core.storage.vault import create_object
from tenants.organizations.profiles import change_profile

NAMES = {"harbour": "Port of Antwerp", "northlight": "Polar Labelling"}


@pytest.fixture(autouse=True)
def named(cast, settings, tmp_path):
    settings.OBJECT_STORE_FOLDER = tmp_path / "objects"
    for slug, name in NAMES.items():
        change_profile(
            actor=Actor.person(cast.olga), tenant=getattr(cast, slug).id, name=name, address="",
            tax_number="", time_zone="UTC",
        )  # fmt: skip


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
