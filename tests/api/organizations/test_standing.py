"""A suspended organization rests; a closed one is over. The operator's acts, each with a reason."""

import json

from core.access.models import Engagement
from core.accounts.models import ApiToken
from core.accounts.tokens import issue_token
from core.audit.models import AuditEntry
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip
from tests.architecture.test_permissions import _path, _send, rows_of_the_table
from tests.mounted import request
from workforce.delivery.clocks import clocks_of, pause_clock, tick
from workforce.delivery.models import ClockEvent
from workforce.delivery.sla import ClockAction

#: Every route that is open to the leader of a suspended client; whatever else there is, is not.
OPEN = (
    "/sla", "/clock", "/contracts", "/invoices", "/log", "/members", "/invitations", "/releases",
    "/terms",
    # What their log says of who may enter and of what is kept; reviewing it is theirs as well.
    "/access-review", "/retention",
    # What a leader knows of the organization itself; the search finds only what is open to them.
    "/details", "/organization", "/webhook", "/search",
)  # fmt: skip


def change(client, organization, state, reason="unpaid", note="Two reminders were not answered."):
    return client.post(
        f"/api/v1/operator/organizations/{organization.id}/standing",
        {"state": state, "reason": reason, "note": note}, format="json",
    )  # fmt: skip


def test_its_people_are_told_what_happened_and_whom_to_ask(cast, api, olga, settings):
    settings.SUPPORT_EMAIL = "help@custos.example"
    assert change(olga, cast.harbour, "suspended").status_code == 200

    page = api(cast.clara).get("/t/harbour/clips")
    said = page.content.decode()
    assert page.status_code == 403
    assert "This organization is suspended." in said
    assert "an invoice is overdue" in said
    assert "help@custos.example" in said
    problem = api(cast.umar).get("/api/v1/t/harbour/clips").json()
    assert (problem["status"], problem["code"]) == (403, "organization_suspended")
    assert "administrator" in problem["detail"]
    assert "overdue" not in problem["detail"], "why is for its leaders alone"


def test_everybody_s_home_leads_to_an_answer(cast, api, olga):
    change(olga, cast.harbour, "suspended")
    home = api(cast.clara).get("/", follow=True)
    assert (home.status_code, home.redirect_chain[-1][0]) == (200, "/t/harbour/releases")
    assert "is suspended: an invoice is overdue" in home.content.decode()
    assert "is suspended" in api(cast.vera).get("/", follow=True).content.decode()


def test_its_leader_still_reaches_what_is_owed_and_what_is_theirs(cast, api, olga):
    change(olga, cast.harbour, "suspended")
    clara = api(cast.clara)
    for path in ("invoices", "contracts", "releases", "log", "members"):
        assert clara.get(f"/api/v1/t/harbour/{path}").status_code == 200, path
    for path in ("invoices", "releases", "log", "members"):
        assert clara.get(f"/t/harbour/{path}").status_code == 200, path
    invited = {"email": "new@example.org", "role": "client_viewer"}
    assert clara.post("/api/v1/t/harbour/invitations", invited, format="json").status_code == 403


def test_where_an_account_may_be_in_wrong_hands_nothing_is_left(cast, api, olga):
    change(olga, cast.harbour, "suspended", reason="security")
    clara = api(cast.clara)
    for path in ("invoices", "releases", "log/bundle", "members"):
        assert clara.get(f"/api/v1/t/harbour/{path}").status_code == 403, path
    assert api(cast.arthur).get("/api/v1/t/harbour/log").status_code == 200


def test_a_vendor_s_leader_is_told_of_what_a_vendor_has(cast, api, olga):
    change(olga, cast.northlight, "suspended")
    nora = api(cast.nora)
    board = nora.get("/t/northlight/board")
    assert board.status_code == 403
    assert "Your statements and the list of your members stay open" in board.content.decode()
    assert "invoices" not in board.content.decode()
    for path in ("statements", "members"):
        assert nora.get(f"/t/northlight/{path}").status_code == 200, path


def test_no_other_route_of_it_is_open_to_its_people_or_a_vendor_s(committed_cast, api):
    cast = committed_cast
    people = {n: api(getattr(cast, n)) for n in ("clara", "umar", "vera", "nora", "anna", "rita")}
    Organization.objects.filter(id=cast.harbour.id).update(state="suspended", state_reason="unpaid")
    wrong = []
    # Whom a route is shut to anyway a suspension lets in nowhere.
    for route, method, tenant, allowed in rows_of_the_table():
        if "<slug:tenant>" not in route or tenant != "harbour":
            continue
        for name, client in ((n, c) for n, c in people.items() if n in allowed):
            path = _path(route, tenant)
            left = name == "clara" and method == "GET" and any(part in route for part in OPEN)
            # A witness of theirs goes on keeping us honest.
            left = left or (name == "clara" and "/log/cosignatures" in route)
            left = left or (name == "clara" and route.endswith("/access-review"))
            left = left or (name == "clara" and route.endswith("<slug:tenant>"))
            status = _send(client, method, path)
            shut = status in {403, 404} or (route.endswith(">/") and status == 302)
            if not shut and not left:
                wrong.append(f"{name}: {method} {path} -> {status}")
    assert wrong == [], "\n".join(wrong)


def test_no_upload_goes_on(committed_cast, api):
    Organization.objects.filter(id=committed_cast.harbour.id).update(state="suspended")
    umar = api(committed_cast.umar)
    answer = request(umar, "POST", "/api/v1/t/harbour/uploads")
    assert (answer.status_code, answer.json()["code"]) == (403, "organization_suspended")


def test_vendors_get_no_work_of_it_and_what_they_hold_rests(cast, api, olga):
    hire(cast, cast.anna)
    [task, *_] = cut(cast, make_clip(cast))
    anna = api(cast.anna)
    held = anna.post("/api/v1/t/northlight/lease", {"work": "annotate"}, format="json")
    assert held.status_code == 200, held.content
    change(olga, cast.harbour, "suspended")

    again = anna.post(
        "/api/v1/t/northlight/lease", {"work": "annotate", "another": True}, format="json"
    )
    beat = anna.post(f"/api/v1/t/harbour/tasks/{task.id}/heartbeat", {"token": 1}, format="json")

    assert again.status_code in {204, 404}, again.content
    assert (beat.status_code, beat.json()["code"]) == (403, "organization_suspended")
    assert "rests" in beat.json()["detail"]
    assert "overdue" not in beat.json()["detail"]
    assert change(olga, cast.harbour, "active").status_code == 200
    assert api(cast.clara).get("/api/v1/t/harbour/clips").status_code == 200


def test_deadlines_stand_still_say_why_and_run_on(cast, api, olga, run_jobs):
    clips = [make_clip(cast) for _ in range(2)]
    with scope(cast.harbour.id):
        for clip in clips:
            tick(clip_id=clip.id, action=ClockAction.START)
    from core.access.actors import Actor

    operator = Actor.person(cast.olga)
    pause_clock(actor=operator, tenant=cast.harbour.id, clip_id=clips[1].id, reason="client_hold")

    change(olga, cast.harbour, "suspended")
    run_jobs()

    def states():
        with scope(cast.harbour.id):
            found = clocks_of([clip.id for clip in clips])
        return [found[clip.id].state for clip in clips]

    assert states() == ["paused", "paused"]
    with scope(cast.harbour.id):
        reasons = set(ClockEvent.objects.filter(action="pause").values_list("reason", flat=True))
    assert reasons == {"organization_suspended", "client_hold"}
    page = api(cast.clara).get(f"/t/harbour/sla/{clips[0].id}").content.decode()
    assert "rganization suspended" in page
    change(olga, cast.harbour, "active")
    run_jobs()
    assert states() == ["running", "paused"], "what stood still for another reason still does"


def test_each_act_has_a_reason_and_is_in_the_log_and_only_some_lead_on(cast, olga):
    assert change(olga, cast.harbour, "active").status_code == 409
    assert change(olga, cast.harbour, "suspended", note=" ").status_code == 400
    assert change(olga, cast.harbour, "suspended", reason="whim").status_code == 400
    assert change(olga, cast.provider, "suspended").status_code == 404
    assert change(olga, cast.harbour, "suspended").status_code == 200
    assert change(olga, cast.harbour, "suspended").status_code == 409
    assert change(olga, cast.harbour, "active").status_code == 200
    assert change(olga, cast.harbour, "closed", reason="ended").status_code == 200
    assert change(olga, cast.harbour, "active").status_code == 409
    with scope(cast.harbour.id):
        rows = AuditEntry.objects.filter(action__startswith="organization.").order_by("time")
        bodies = [json.loads(bytes(row.body)) for row in rows]
    actions = [body["action"] for body in bodies]
    assert actions == [
        "organization.suspended", "organization.reinstated", "organization.closed",
    ]  # fmt: skip
    assert "reminders" not in json.dumps(bodies), "the note is a commitment in the log"


def test_closing_ends_engagements_and_tokens(cast, olga):
    issue_token(user=cast.clara, organization=cast.harbour, name="nightly")
    change(olga, cast.harbour, "closed", reason="ended")
    assert not Engagement.objects.filter(client=cast.harbour, ends_at__isnull=True).exists()
    assert not ApiToken.objects.filter(organization=cast.harbour, revoked_at=None).exists()


def test_the_page_asks_for_the_name_before_it_closes(cast, olga):
    page = f"/operator/organizations/{cast.harbour.id}"
    assert "Suspend it" in olga.get(page).content.decode()
    form = {"state": "closed", "reason": "ended", "note": "The contract ran out.", "slug": "harbor"}
    refused = olga.post(page, form)
    assert (refused.status_code, "Type harbour" in refused.content.decode()) == (400, True)
    assert olga.post(page, {**form, "slug": "harbour"}).status_code == 302
    assert "closed for good" in olga.get(page).content.decode()
    assert olga.post(page, {**form, "state": "active"}).status_code == 409


def test_the_page_asks_no_reason_for_the_way_back(cast, olga):
    change(olga, cast.harbour, "suspended", reason="unpaid")
    page = f"/operator/organizations/{cast.harbour.id}"
    shown = olga.get(page).content.decode()
    assert ("Reinstate it" in shown, "Suspend it" in shown) == (True, False)
    assert olga.post(page, {"state": "active", "note": ""}).status_code == 400
    assert olga.post(page, {"state": "active", "note": "It was paid."}).status_code == 302
    assert Organization.objects.get(id=cast.harbour.id).state == "active"
    assert olga.post(page, {"state": "nonsense", "note": "x"}).status_code == 400
