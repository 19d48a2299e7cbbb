"""People are told once, of what is theirs, for as long as they belong there, and choose how."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client

from core.access.actors import Actor
from core.access.models import Engagement, Membership
from core.clock import frozen, now
from core.notices.jobs import prune, send_digests
from core.notices.kinds import KINDS, Way
from core.notices.mailing import next_digest
from core.notices.models import Mark, Notice
from core.notices.services import notify
from core.tenancy.scope import scope
from tenants.contracts.services import draft_contract
from tenants.organizations.memberships import end_engagement


def tell(organization, kind="release_ready", key="1", **asked):
    with scope(organization.id):
        return notify(kind, key=key, **asked)


def release(number=3, key="1"):
    return {"key": key, "parts": {"number": number, "project": "Gate <b>7</b>"}, "path": "releases"}


def page(person, query="") -> str:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client.get(f"/notices/{query}").content.decode()


def test_an_act_tells_whoever_holds_the_role_and_nobody_else(cast, api, olga):
    draft_contract(actor=Actor.person(cast.olga), tenant=cast.harbour.id)

    told = api(cast.clara).get("/api/v1/me/notices").json()
    assert [(one["kind"], one["path"]) for one in told["results"]] == [
        ("terms_drafted", "/t/harbour/terms")
    ]
    assert told["unread"] == 1
    for other in (cast.umar, cast.vera, cast.mila, cast.nora):
        assert api(other).get("/api/v1/me/notices").json()["count"] == 0


def test_the_same_event_again_tells_nobody_twice(cast):
    assert tell(cast.harbour, **release()) == 1
    assert tell(cast.harbour, **release()) == 0
    assert tell(cast.harbour, **release(key="2")) == 1


def test_the_bell_counts_and_the_page_escapes_and_links(cast):
    tell(cast.harbour, **release())
    client = Client()
    client.force_login(cast.clara, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert client.get("/notices/count").json() == {"unread": 1}
    html = client.get("/notices/").content.decode()

    assert "Version 3 of Gate &lt;b&gt;7&lt;/b&gt; is ready." in html
    assert 'href="/t/harbour/releases"' in html
    assert "data-bell" in html


def test_marking_all_read_can_be_undone(cast):
    for number in range(3):
        tell(cast.harbour, **release(number, key=str(number)))
    client = Client()
    client.force_login(cast.clara, backend="allauth.account.auth_backends.AuthenticationBackend")
    first = Mark.objects.filter(person=cast.clara).first()
    client.post("/notices/", {"act": "read", "id": str(first.id)})

    answer = client.post("/notices/?show=unread", {"act": "all"}, follow=True)
    assert client.get("/notices/count").json() == {"unread": 0}
    undo = answer.context["undo"]
    client.post("/notices/", {"act": "undo", "at": undo})

    # What was read before stays read.
    assert client.get("/notices/count").json() == {"unread": 2}


@pytest.mark.parametrize(
    "body", [{}, {"act": "read"}, {"act": "read", "id": "x"}, {"act": "undo", "at": "x"}]
)
def test_what_makes_no_sense_is_refused(cast, body):
    client = Client()
    client.force_login(cast.clara, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post("/notices/", body).status_code == 400


def test_nobody_marks_another_s_notice(cast, api):
    tell(cast.harbour, **release())
    one = Mark.objects.get(person=cast.clara)
    api(cast.mila).post("/api/v1/me/notices", {"ids": [str(one.id)]}, format="json")
    one.refresh_from_db()
    assert one.read_at is None


def test_who_left_reads_none_of_it_any_more(cast, api):
    tell(cast.harbour, **release())
    Membership.objects.filter(user=cast.clara).delete()

    told = api(cast.clara).get("/api/v1/me/notices").json()

    assert (told["unread"], told["results"]) == (0, [])
    assert "Version 3" not in page(cast.clara)


def test_a_client_s_notice_goes_with_the_engagement_and_its_end_is_told(cast, api):
    tell(cast.harbour, "task_sent_back", people=[cast.anna.id], path="sent-back/1")
    assert api(cast.anna).get("/api/v1/me/notices").json()["count"] == 1
    engagement = Engagement.objects.get(client=cast.harbour)

    end_engagement(actor=Actor.person(cast.olga), engagement=engagement)

    assert api(cast.anna).get("/api/v1/me/notices").json()["count"] == 0
    told = api(cast.nora).get("/api/v1/me/notices").json()["results"]
    assert [one["text"] for one in told] == [
        "The engagement with harbour has ended. Its work is closed to your people."
    ]


def test_a_token_reads_the_notices_of_its_own_organization_only(cast, api):
    Membership.objects.create(user=cast.clara, organization=cast.museum, role="client_admin")
    tell(cast.harbour, **release())
    tell(cast.museum, **release(9))
    made = api(cast.clara).post(
        "/api/v1/me/tokens", {"organization": "museum", "name": "program"}, format="json"
    )
    client = api(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {made.json()['secret']}")

    told = client.get("/api/v1/me/notices").json()

    assert [one["organization"] for one in told["results"]] == ["museum"]
    assert api(cast.clara).get("/api/v1/me/notices").json()["count"] == 2


def test_the_list_is_narrowed_by_kind_place_and_unread(cast):
    Membership.objects.create(user=cast.clara, organization=cast.museum, role="client_admin")
    tell(cast.harbour, **release())
    tell(cast.museum, **release(9))
    tell(cast.museum, "clip_erased", path="clips")

    assert "Version 9" not in page(cast.clara, "?place=harbour")
    assert "Version 9" not in page(cast.clara, "?kind=clip_erased")
    assert "Its certificate is ready" in page(cast.clara, "?kind=clip_erased&show=unread")


def test_a_person_turns_a_kind_off_but_not_what_they_must_hear(cast, api):
    clara = api(cast.clara)
    put = {"ways": {"release_ready": "off"}, "hour": 6}
    chosen = clara.put("/api/v1/me/notices/choices", put, format="json").json()
    assert chosen["hour"] == 6
    assert tell(cast.harbour, **release()) == 0

    put = {"ways": {"invoice_overdue": "off"}}
    refused = clara.put("/api/v1/me/notices/choices", put, format="json")
    assert (refused.status_code, refused.json()["field"]) == (400, "invoice_overdue")
    put = {"ways": {"no_such_kind": "mail"}}
    assert clara.put("/api/v1/me/notices/choices", put, format="json").status_code == 400


def test_the_page_of_choices_shows_what_the_role_hears_and_keeps_it(cast):
    client = Client()
    client.force_login(cast.anna, backend="allauth.account.auth_backends.AuthenticationBackend")
    html = client.get("/account/notices/").content.decode()
    assert "Work of yours was sent back" in html
    assert "An invoice was issued" not in html
    assert client.post("/account/notices/", {"hour": "25"}).status_code == 400

    form = client.get("/account/notices/").context["form"]
    body = {kind.name: Way.PORTAL.value for kind in form.kinds} | {"hour": "5"}
    assert client.post("/account/notices/", body).status_code == 302
    assert client.get("/account/notices/").context["form"].initial["quiz_passed"] == Way.PORTAL


def test_an_e_mail_leaves_at_once_with_both_parts_and_a_way_to_stop(cast, run_jobs):
    tell(cast.harbour, **release())
    run_jobs()

    [sent] = mail.outbox
    assert sent.to == ["clara@example.org"]
    assert "Version 3 of Gate <b>7</b> is ready." in sent.body
    html = sent.alternatives[0][0]
    assert "Gate &lt;b&gt;7&lt;/b&gt;" in html
    assert "http://127.0.0.1:8000/t/harbour/releases" in sent.body
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    link = sent.extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://127.0.0.1:8000")
    nobody = Client(enforce_csrf_checks=True)
    assert "A version can be accepted" in nobody.get(link).content.decode()
    tell(cast.harbour, **release(key="2"))
    run_jobs()
    assert len(mail.outbox) == 2, "reading the page stops nothing"

    assert nobody.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    tell(cast.harbour, **release(key="3"))
    run_jobs()
    assert len(mail.outbox) == 2
    assert Mark.objects.filter(person=cast.clara).count() == 3, "the portal still tells"


def test_a_stop_link_that_we_did_not_sign_does_nothing(db):
    assert Client().post("/notices/stop/abc:def:ghi", {}).status_code == 404


def test_what_was_read_or_may_not_be_read_is_not_sent(cast, api, run_jobs):
    tell(cast.harbour, **release())
    api(cast.clara).post("/api/v1/me/notices", {}, format="json")
    tell(cast.museum, **release())
    Membership.objects.filter(user=cast.mila).delete()
    run_jobs()
    assert mail.outbox == []


def test_the_daily_e_mail_comes_at_the_person_s_own_hour_with_all_of_the_day(cast, run_jobs):
    cast.clara.time_zone = "America/New_York"
    cast.clara.save()
    noon = datetime(2026, 11, 26, 12, tzinfo=UTC)  # 07:00 in New York
    with frozen(noon):
        tell(cast.harbour, "clip_erased", key="a", path="clips/1")
        tell(cast.harbour, "clip_refused", key="b", parts={"reason": "no video"}, path="clips/2")
    with frozen(noon + timedelta(minutes=59)):
        assert send_digests() == 0
    with frozen(noon + timedelta(minutes=60)):
        assert send_digests() >= 1
        assert send_digests() == 0, "it is under way"
        run_jobs()
        assert send_digests() == 0
    [sent] = [one for one in mail.outbox if one.to == ["clara@example.org"]]
    assert sent.subject == "Custos: 2 things since the last e-mail"
    assert "07:00 (America/New_York)" in sent.body
    assert "/notices/stop/" in sent.extra_headers["List-Unsubscribe"]


@pytest.mark.parametrize(
    ("zone", "hour", "after", "due"),
    [
        # 02:30 is left out on 29 March in Berlin; the e-mail of two o'clock comes at three.
        ("Europe/Berlin", 2, "2026-03-28T12:00+00:00", "2026-03-29T01:00+00:00"),
        # Two o'clock comes twice on 25 October: the first one counts, and only once.
        ("Europe/Berlin", 2, "2026-10-24T12:00+00:00", "2026-10-25T00:00+00:00"),
        ("Europe/Berlin", 2, "2026-10-25T00:00+00:00", "2026-10-26T01:00+00:00"),
        ("Asia/Kathmandu", 8, "2026-11-26T02:14+00:00", "2026-11-26T02:15+00:00"),
        ("UTC", 8, "2026-11-26T08:00+00:00", "2026-11-27T08:00+00:00"),
    ],
)
def test_a_day_has_one_digest_also_when_clocks_change(zone, hour, after, due):
    found = next_digest(datetime.fromisoformat(after), ZoneInfo(zone), hour)
    assert found.astimezone(UTC) == datetime.fromisoformat(due)


def test_old_notices_go(cast, settings):
    with frozen(now() - timedelta(days=settings.NOTICE_KEEP_DAYS + 1)):
        tell(cast.harbour, **release())
    tell(cast.harbour, **release(key="2"))

    assert prune() == 1

    with scope(cast.harbour.id):
        assert list(Notice.objects.values_list("key", flat=True)) == ["2"]
    assert Mark.objects.count() == 1


def test_the_desk_hears_of_dead_jobs_once_a_day_for_each_kind(cast, api):
    from core.notices.desk import tell_of_dead_jobs
    from core.outbox.models import Job

    for _ in range(3):
        Job.objects.create(kind="clip.prepare", state=Job.State.DEAD, finished_at=now())
    tell_of_dead_jobs()
    tell_of_dead_jobs()

    told = api(cast.olga).get("/api/v1/me/notices").json()["results"]
    assert [(one["text"], one["path"]) for one in told] == [
        ("Jobs of the kind clip.prepare failed for good. Open them again or drop them.",
         "/operator/jobs?state=dead")
    ]  # fmt: skip


def test_every_sentence_can_be_said_and_names_its_kind():
    for name, kind in KINDS.items():
        assert kind.name == name
        assert kind.say({}).endswith((".", "!"))
        assert kind.hears
        assert kind.way in kind.ways


def test_what_no_event_tells_of_is_looked_for_in_each_organization_now_and_then(
    cast, api, run_jobs
):
    from billing.invoicing.announcements import watch_due
    from tests.api.notices.papers import make_overdue_invoice, make_paper
    from workforce.delivery.announcements import watch_clocks
    from workforce.people.announcements import watch_papers

    make_overdue_invoice(cast.harbour)
    make_paper(cast, days=10)
    assert (watch_due(), watch_clocks(), watch_papers()) == (2, 2, 1)
    assert (watch_due(), watch_clocks(), watch_papers()) == (0, 0, 0)
    run_jobs()
    with frozen(now() + timedelta(days=2)):
        assert (watch_due(), watch_papers()) == (2, 1)
        run_jobs()

    told = api(cast.clara).get("/api/v1/me/notices?kind=invoice_overdue").json()["results"]
    assert len(told) == 1, "each once"
    assert told[0]["text"].startswith("Invoice harbour-2026-0001 was due on ")
    told = api(cast.nora).get("/api/v1/me/notices?kind=paper_expiring").json()["results"]
    assert len(told) == 1
