"""Sign-ins are in the provider's log."""

import json

from core.audit.models import AuditEntry
from core.tenancy.scope import scope


def entries(cast, action):
    with scope(cast.provider.id):
        return [json.loads(bytes(e.body)) for e in AuditEntry.objects.filter(action=action)]


def test_a_sign_in_leaves_an_entry_without_address_or_password(cast, client):
    cast.clara.set_password("correct horse battery staple")
    cast.clara.save()

    answer = client.post(
        "/accounts/login/",
        {"login": "clara@example.org", "password": "correct horse battery staple"},
    )

    assert answer.status_code == 302
    (entry,) = entries(cast, "session.started")
    assert entry["actor"]["id"] == str(cast.clara.id)
    text = json.dumps(entry)
    assert "clara@" not in text
    assert "horse" not in text
    assert "127.0.0.1" not in text


def test_a_wrong_try_leaves_an_entry_and_says_nothing_of_whether_the_account_exists(cast, client):
    known = client.post("/accounts/login/", {"login": "clara@example.org", "password": "wrong"})
    unknown = client.post("/accounts/login/", {"login": "who@example.org", "password": "wrong"})

    assert (known.status_code, unknown.status_code) == (200, 200)
    assert len(entries(cast, "session.refused")) == 2
    assert "who@" not in json.dumps(entries(cast, "session.refused"))
