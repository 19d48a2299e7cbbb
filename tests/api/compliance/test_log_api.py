"""The auditor's and the client's own view on a log, over HTTP."""

import base64
import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync

from core.access.actors import Actor
from core.audit import export, merkle
from core.audit.log import record
from core.audit.models import AuditEntry
from core.audit.notes import VerifierKey, open_checkpoint
from core.audit.personal import erase_person
from core.audit.sequencer import sequence_once
from core.audit.verify import verify_bundle
from core.clock import frozen
from core.tenancy.scope import scope

SYSTEM = Actor.system("tests")
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def write(tenant, count=1, **named):
    arguments = {
        "action": "upload.finish",
        "actor": SYSTEM,
        "tenant": tenant.id,
        "subject": ("clip", uuid4()),
        **named,
    }
    with scope(tenant.id):
        return [record(**arguments) for _ in range(count)]


def drain():
    while sequence_once():
        pass


def url(tenant, rest=""):
    return f"/api/v1/t/{tenant.slug}/log{rest}"


def actions(tenant):
    with scope(tenant.id):
        rows = AuditEntry.objects.order_by("time", "id").values_list("body", flat=True)
        return [json.loads(bytes(row))["action"] for row in rows]


def body_of(response):
    """The bytes of a response that streams as it does under ASGI."""

    async def collect():
        return [part async for part in response.streaming_content]

    return b"".join(async_to_sync(collect)())


# Tests that sequence take the committed cast: what is not committed gets no index.


@pytest.fixture
def harbour(committed_cast):
    return committed_cast.harbour


@pytest.fixture
def clara(api, committed_cast):
    return api(committed_cast.clara)


@pytest.fixture
def arthur(api, committed_cast):
    return api(committed_cast.arthur)


@pytest.fixture
def key(clara, harbour):
    text = clara.get(url(harbour, "/key"))
    assert text["Content-Type"].startswith("text/plain")
    return VerifierKey.parse(text.content.decode())


def checked(data, key, since=None):
    return verify_bundle(BytesIO(data), key=key, since=since)


# Who may


PATHS = [
    "",
    "/checkpoint",
    "/checkpoints",
    "/key",
    "/bundle",
    "/entries/6f0c3b0e-6a51-4b0e-9a0d-0d3f5c1f7a11/proof",
]


@pytest.mark.parametrize("path", PATHS)
def test_only_client_admins_and_auditors_with_a_grant_read_a_log(api, cast, path):
    allowed = {"clara", "arthur"}
    insiders = {"umar", "vera", "anna", "amir", "rita", "nora", "olga"}
    for name, person in cast.everyone().items():
        status = api(person).get(url(cast.harbour, path)).status_code
        if name in allowed:
            # The log is empty: there is nothing to prove yet.
            assert status in {200, 404}, name
            assert (status == 200) == (path in {"", "/checkpoints", "/key"}), name
        else:
            assert status == (403 if name in insiders else 404), name
    assert api().get(url(cast.harbour, path)).status_code in {401, 403}


def test_another_tenants_entry_does_not_exist(clara, harbour, committed_cast):
    theirs = write(committed_cast.museum)[0]
    write(harbour)
    drain()
    assert clara.get(url(committed_cast.museum)).status_code == 404
    for rest in (f"/entries/{theirs}/proof", f"/entries/{uuid4()}/proof"):
        assert clara.get(url(harbour, rest)).status_code == 404


def test_only_auditors_look_behind_commitments(clara, harbour):
    entry = write(harbour)[0]
    asked = clara.post(
        url(harbour, f"/entries/{entry}/resolve"), {"purpose": "curiosity"}, format="json"
    )
    assert asked.status_code == 403
    drain()
    disclosed = clara.get(url(harbour, "/bundle?disclose=true&purpose=curiosity"))
    assert disclosed.status_code == 403


# Reading


def test_pages_hold_every_entry_once_newest_first(clara, harbour):
    with frozen(START):
        written = write(harbour, 4)  # one instant: the id decides
    with frozen(START + timedelta(seconds=1)):
        written += write(harbour, 3)
    drain()
    seen, query = [], "?limit=2&action=upload.finish"
    cursor = ""
    while cursor is not None:
        page = clara.get(url(harbour, query + cursor)).json()
        assert len(page["results"]) <= 2
        seen += page["results"]
        cursor = None if page["next"] is None else f"&cursor={page['next']}"
    assert {row["entry"]["id"] for row in seen} == {str(entry) for entry in written}
    assert len(seen) == 7
    times = [row["entry"]["time"] for row in seen]
    assert times == sorted(times, reverse=True)
    assert {row["index"] for row in seen} == set(range(7))


def test_an_entry_without_an_index_is_shown_as_waiting(api, cast):
    write(cast.harbour)
    row = api(cast.clara).get(url(cast.harbour)).json()["results"][-1]
    assert row["index"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=upload.finish", {"a"}),
        ("action=upload.finish,label.read", {"a", "b"}),
        ("action=none.such", set()),
        ("actor={clara}", {"b"}),
        ("subject=task", {"b"}),
        ("subject=task:t1", {"b"}),
        ("subject=clip:t1", set()),
        ("after=2026-11-22T09:00:00Z", {"b", "read"}),
        ("before=2026-11-22T09:00:00Z", {"a"}),
        ("subject=task&actor={clara}&before=2026-11-22T08:30:00Z", set()),
    ],
)
def test_filters_narrow_the_log(api, cast, query, found):
    names = {}
    with frozen(START):
        names[str(write(cast.harbour)[0])] = "a"
    with frozen(START + timedelta(hours=1)):
        actor = Actor.person(cast.clara)
        entry = write(cast.harbour, action="label.read", actor=actor, subject=("task", "t1"))
        names[str(entry[0])] = "b"
    asked = query.format(clara=cast.clara.id)
    rows = api(cast.clara).get(url(cast.harbour, f"?{asked}")).json()["results"]
    # Asking is itself an entry: it is there when the filters let it through.
    got = {names.get(row["entry"]["id"], "read") for row in rows}
    assert got - {"read"} == found - {"read"}


def test_reading_the_log_is_in_the_log(clara, arthur, harbour, committed_cast):
    entry = write(harbour)[0]
    drain()
    clara.get(url(harbour, "?subject=clip"))
    arthur.get(url(harbour, f"/entries/{entry}/proof"))
    arthur.post(
        url(harbour, f"/entries/{entry}/resolve"), {"purpose": "yearly-review"}, format="json"
    )
    body_of(arthur.get(url(harbour, "/bundle")))
    assert actions(harbour) == [
        "upload.finish",
        "log.read",
        "log.entry.read",
        "log.personal.resolve",
        "log.bundle.export",
    ]
    newest = clara.get(url(harbour, "?action=log.read")).json()["results"]
    assert newest[0]["entry"]["actor"]["id"] == str(committed_cast.clara.id)
    assert newest[1]["entry"]["details"] == {"subject_kind": "clip", "purpose": "oversight"}


def test_hashes_alone_leave_no_entry(clara, harbour):
    """Or a witness that fetches each checkpoint would cause the next one."""
    write(harbour, 2)
    drain()
    for rest in ("/checkpoint", "/checkpoints", "/key", "/consistency?old=2&new=2"):
        assert clara.get(url(harbour, rest)).status_code == 200
    assert actions(harbour) == ["upload.finish"] * 2


@pytest.mark.parametrize(
    ("rest", "field"),
    [
        ("?cursor=x", "cursor"),
        ("?cursor=MjAyNi0wMS0wMVQwMDowMDowMCAx", "cursor"),
        ("?limit=0", "limit"),
        ("?limit=201", "limit"),
        ("?action=a%20b", "action"),
        ("?actor=bob", "actor"),
        ("?subject=Clip", "subject"),
        ("?after=yesterday", "after"),
        ("/checkpoints?after=-1", "after"),
        ("/checkpoint?size=0", "size"),
        ("/consistency?old=1", "new"),
        ("/bundle?disclose=true", "purpose"),
        ("/bundle?disclose=true&purpose=Two%20words", "purpose"),
        ("/bundle?since=-1", "since"),
    ],
)
def test_questions_that_do_not_fit_are_refused_by_name(api, cast, rest, field):
    answer = api(cast.clara).get(url(cast.harbour, rest))
    assert answer.status_code == 400
    assert field in json.dumps(answer.json())
    assert actions(cast.harbour) == []


# Checkpoints and proofs


def test_checkpoints_are_signed_and_listed_by_size(clara, key, harbour):
    for count in (2, 3, 4):
        write(harbour, count)
        drain()
    rows = clara.get(url(harbour, "/checkpoints")).json()["results"]
    assert [row["size"] for row in rows] == [2, 5, 9]
    assert [open_checkpoint(row["note"], key).size for row in rows] == [2, 5, 9]
    later = clara.get(url(harbour, "/checkpoints?after=2&limit=1")).json()["results"]
    assert [row["size"] for row in later] == [5]
    latest = clara.get(url(harbour, "/checkpoint")).content.decode()
    assert latest == rows[-1]["note"]
    assert clara.get(url(harbour, "/checkpoint?size=5")).content.decode() == rows[1]["note"]
    assert clara.get(url(harbour, "/checkpoint?size=4")).status_code == 404


def test_a_consistency_proof_connects_two_checkpoints(clara, key, harbour):
    heads = []
    for count in (3, 4):
        write(harbour, count)
        drain()
        note = clara.get(url(harbour, "/checkpoint")).content.decode()
        heads.append(open_checkpoint(note, key))
    found = clara.get(url(harbour, "/consistency?old=3&new=7")).json()
    proof = [base64.b64decode(digest) for digest in found["proof"]]
    assert merkle.extends(3, heads[0].root, 7, heads[1].root, proof)
    assert clara.get(url(harbour, "/consistency?old=3&new=6")).status_code == 404


def test_an_entrys_proof_leads_to_the_checkpoint(clara, key, harbour):
    entries = write(harbour, 6)
    drain()
    found = clara.get(url(harbour, f"/entries/{entries[4]}/proof")).json()
    head = open_checkpoint(found["checkpoint"], key)
    leaf = merkle.leaf_hash(found["entry"].encode())
    assert leaf == base64.b64decode(found["leaf"])
    proof = [base64.b64decode(digest) for digest in found["proof"]]
    assert found["index"] == 4
    assert merkle.includes(4, 6, head.root, leaf, proof)
    assert found["tlog_proof"].startswith("c2sp.org/tlog-proof@v1\nindex 4\n")
    waiting = write(harbour)[0]
    answer = clara.get(url(harbour, f"/entries/{waiting}/proof"))
    assert answer.status_code == 404
    assert "no index yet" in answer.json()["detail"]


# Evidence


def test_the_whole_log_verifies_from_a_checkpoint_kept_before(clara, key, harbour, committed_cast):
    write(harbour, 3)
    drain()
    kept = clara.get(url(harbour, "/checkpoint")).content.decode()
    for _ in range(4):
        write(harbour, 5, actor=Actor.person(committed_cast.anna))
        drain()
    answer = clara.get(url(harbour, "/bundle?since=3"))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/x-ndjson"
    assert answer["Content-Disposition"] == 'attachment; filename="harbour.evidence.jsonl"'
    data = body_of(answer)
    report = checked(data, key, kept)
    assert report.ok, report.as_json()
    assert report.checkpoint.size == 23
    assert b"anna@example.org" not in data
    assert not checked(data.replace(b"upload.finish", b"upload.fetish", 1), key, kept).ok


def test_a_log_of_many_parts_verifies(clara, key, harbour, monkeypatch):
    monkeypatch.setattr(export, "PART", 10)
    write(harbour, 37)
    drain()
    for query in ("", "?action=upload.finish"):
        report = checked(body_of(clara.get(url(harbour, f"/bundle{query}"))), key)
        assert report.ok, report.as_json()
        leaves = next(step for step in report.steps if step.name == "leaves")
        assert leaves.checked == 37


def test_a_selection_verifies_and_holds_what_was_asked_for(clara, key, harbour):
    write(harbour, 4)
    drain()
    kept = clara.get(url(harbour, "/checkpoint")).content.decode()
    wanted = write(harbour, 2, action="label.read", subject=("task", "t1"))
    write(harbour, 3)
    drain()
    data = body_of(clara.get(url(harbour, "/bundle?subject=task:t1&since=4")))
    report = checked(data, key, kept)
    assert report.ok, report.as_json()
    found = [json.loads(line) for line in data.splitlines()]
    assert [row["entry"]["id"] for row in found if "entry" in row] == [str(e) for e in wanted]


def test_an_older_checkpoint_can_be_proven_against(clara, key, harbour):
    for count in (3, 4):
        write(harbour, count)
        drain()
    report = checked(body_of(clara.get(url(harbour, "/bundle?size=3"))), key)
    assert report.ok
    assert report.checkpoint.size == 3
    answer = clara.get(url(harbour, "/bundle?size=3&since=7"))
    assert answer.status_code == 400
    for rest in ("/bundle?size=4", "/bundle?since=4"):
        assert clara.get(url(harbour, rest)).status_code == 404


def test_disclosed_values_fit_and_erased_ones_leave_the_proof_whole(
    arthur, clara, key, harbour, committed_cast
):
    write(harbour, 2, actor=Actor.person(committed_cast.anna), personal={"site": "Gate 3"})
    write(harbour, 1, actor=Actor.person(committed_cast.rita))
    drain()
    asked = url(harbour, "/bundle?disclose=true&purpose=incident-7")
    before = body_of(arthur.get(asked))
    erase_person(actor=SYSTEM, tenant=harbour.id, person=committed_cast.anna.id)
    drain()
    after = body_of(arthur.get(asked))
    for data, names in ((before, 3), (after, 1)):
        report = checked(data, key)
        assert report.ok, report.as_json()
        assert data.count(b'"name":"actor"') >= names
        assert data.count(b'"value":"Gate 3"') == 2
    assert before.count(b"anna@example.org") == 2
    assert b"anna@example.org" not in after
    assert b"rita@example.org" in after


def test_an_auditor_resolves_a_commitment_for_a_stated_purpose(api, cast):
    entry = write(cast.harbour, actor=Actor.person(cast.anna))[0]
    path = url(cast.harbour, f"/entries/{entry}/resolve")
    found = api(cast.arthur).post(path, {"purpose": "incident-7"}, format="json").json()["personal"]
    assert [(value["name"], value["value"]) for value in found] == [("actor", "anna@example.org")]
    assert api(cast.arthur).post(path, {}, format="json").status_code == 400
    absent = url(cast.harbour, f"/entries/{uuid4()}/resolve")
    assert (
        api(cast.arthur).post(absent, {"purpose": "incident-7"}, format="json").status_code == 404
    )
    with scope(cast.harbour.id):
        told = AuditEntry.objects.get(action="log.personal.resolve")
        assert json.loads(bytes(told.body))["details"] == {
            "entry": str(entry),
            "purpose": "incident-7",
        }
