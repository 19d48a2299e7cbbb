"""Every page as each of the cast, wide and narrow: it opens, fits, and breaks no policy."""

import os
import re
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.tenancy.scope import scope
from tenants.organizations.standing import change_standing
from tests.api.intake.conftest import server  # noqa: F401 - fixture
from tests.browser.furnished import House
from tests.browser.test_portal import accessible, enter
from tests.browser.test_workbench import READ_BARS, go, shown

# WhiteNoise hands Django synchronous iterators over files that ASGI closes late.
pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

WIDE, NARROW = (1440, 900), (390, 844)

WALKS = {
    "olga": ["/operator/", "/operator/organizations", "/operator/jobs", "/operator/jobs?state=dead",
             "/operator/keys", "/t/harbour/members", "/t/harbour/releases", "/t/harbour/invoices",
             "/operator/rates", "/t/harbour/sla",
             "/t/harbour/invoices/{invoice}", "/t/harbour/credit-notes/{note}",
             "/t/harbour/sla/{clip}", "/t/northlight/statements",
             "/t/harbour/projects/new", "/t/harbour/terms"],
    "arthur": ["/", "/t/harbour/log", "/t/harbour/log?action=footage.frames.serve&limit=8",
               "/t/harbour/log?action=footage.frames.serve&group=actor",
               "/t/harbour/access-review", "/t/harbour/retention",
               "/t/harbour/log/{entry}", "/t/harbour/log/witnesses", "/t/harbour/home",
               "/t/harbour/clips"],
    "clara": ["/", "/t/harbour/batches", "/t/harbour/batches/{batch}",
              "/t/harbour/clips", "/t/harbour/clips/{clip}", "/t/harbour/clips/{refused}",
              "/t/harbour/clips/{clip}/erase", "/t/harbour/clips/{clip}/imports",
              "/t/harbour/clips/{seamed}/seams", "/t/harbour/seams",
              "/t/harbour/clips/add", "/t/harbour/releases",
              "/t/harbour/releases/{ready_release}",
              "/t/harbour/releases/{accepted_release}", "/t/harbour/invoices",
              "/t/harbour/invoices/{invoice}",
              "/t/harbour/credit-notes/{note}", "/t/harbour/sla", "/t/harbour/sla/{clip}",
              "/t/harbour/members", "/t/harbour/log",
              "/t/harbour/log/webhook", "/t/harbour/quality", "/t/harbour/terms",
              "/t/harbour/gold", "/t/harbour/gold/{gold}",
              "/t/harbour/projects",
              "/t/harbour/projects/new", "/t/harbour/projects/{project}", "/t/harbour/cameras",
              "/t/harbour/projects/{project}/labels", "/t/harbour/projects/{project}/labels?json",
              "/t/harbour/projects/{project}/redaction",
              "/notices/", "/account/notices/", "/help/roles", "/account/",
              "/search?t=harbour&q=gate"],
    "vera": ["/", "/t/harbour/clips/{clip}"],
    "umar": ["/", "/t/harbour/clips/add"],
    "mila": ["/", "/t/museum/batches", "/t/museum/clips",
             "/t/museum/releases", "/t/museum/invoices", "/t/museum/log"],
    "nora": ["/", "/t/northlight/people", "/t/northlight/statements",
             "/t/northlight/people/{worker}", "/t/northlight/people/{worker}/scores",
             "/t/northlight/people/{worker}/papers", "/t/northlight/people/{worker}/hours",
             "/t/northlight/members"],
    "anna": ["/", "/t/harbour/sent-back/{came_back}", "/t/northlight/scores",
             "/t/northlight/quizzes"],
    "amir": ["/", "/t/harbour/tasks/{in_hand}"],
    "rita": ["/", "/t/northlight/reviews", "/t/northlight/seams",
             "/t/harbour/clips/{seamed}/seams"],
    "sam": ["/nowhere"],
}  # fmt: skip


@pytest.fixture
def shots() -> Path | None:
    """Where pictures go, which are taken where CUSTOS_SHOTS names a folder to look at them in."""
    if not (named := os.environ.get("CUSTOS_SHOTS")):
        return None
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def watched(page: Page) -> list[str]:
    """Collect refusals while the page is used."""
    refused: list[str] = []
    page.on(
        "response",
        lambda r: refused.append(f"{r.status} {r.url}") if r.status >= 400 else None,
    )
    return refused


def fits(page: Page, name: str, folder: Path | None) -> list[str]:
    """Name each of both widths at which the page scrolls sideways; take a picture if asked to."""
    wrong = []
    for width, height in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        needed = page.evaluate("document.documentElement.scrollWidth")
        if folder is not None:
            picture = folder / f"{name}-{width}.png"
            page.screenshot(path=picture, full_page=width == NARROW[0])
        if needed > width:
            wrong.append(f"{name} needs {needed} px of {width}")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    return wrong


#: Whose walks go where test_every_page looks anyway, at both widths and with axe.
REPEATED = {"olga", "arthur", "clara", "nora"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow(seconds=30)) if name in REPEATED else name
        for name in WALKS
    ],
)
def test_all_pages_of_a_person_open_and_fit(name, open_page, server, cast_here, house, shots):  # noqa: F811
    page = open_page()
    refused, wrong = watched(page), []
    enter(page, server, getattr(cast_here, name))
    for number, pattern in enumerate(WALKS[name]):
        path = pattern.format(**{slot: getattr(house, slot) for slot in House.__slots__})
        page.goto(f"{server}{path}")
        expect(page.locator("h1")).to_be_attached()
        if "/tasks/" in path:
            page.locator("#picture[data-frame]").wait_for(state="attached")
        place = re.sub(r"[^a-z0-9]+", "-", pattern.partition("?")[0]).strip("-") or "home"
        wrong += fits(page, f"{name}-{number}-{place}", shots)
    assert refused + wrong == []


def test_a_reviewer_sends_work_back_with_a_reason_pinned_to_a_frame(
    page,
    server,  # noqa: F811
    cast_here,
    house,
    shots,
):
    from workforce.quality.models import ReviewDecision
    from workforce.tasks.models import QueueEntry

    # The house holds other reviews too; this one comes first.
    QueueEntry.objects.filter(work="review", task_id=house.submitted).update(priority=0)
    refused = watched(page)
    enter(page, server, cast_here.rita)
    page.goto(f"{server}/t/northlight/work")
    page.get_by_role("button", name="Next review").click()
    expect(page).to_have_url(f"{server}/t/harbour/review/{house.submitted}")
    shown(page, 0)
    assert page.get_by_role("button", name="Check and submit").count() == 0
    expect(page.get_by_role("button", name="Send back")).to_be_disabled()
    go(page, 17)
    page.locator("#objects .obj__b").first.click()
    page.get_by_label("What is wrong on frame 17, person 1").fill("The box leaves out the feet.")
    page.keyboard.press("Enter")
    expect(page.locator("#reasons")).to_contain_text("The box leaves out the feet.")
    accessible(page)
    assert fits(page, "rita-review", shots) == []
    page.get_by_role("button", name="Send back").click()
    expect(page.get_by_role("dialog")).to_contain_text("The box leaves out the feet.")
    page.keyboard.press("Enter")
    expect(page.locator("#notes")).to_contain_text("Sent back.")
    with scope(cast_here.harbour.id):
        (reason,) = ReviewDecision.objects.get(task_id=house.submitted).reasons
    assert (reason["frame"], reason["text"]) == (17, "The box leaves out the feet.")
    assert reason["track"]
    assert refused == []
    _the_next_annotator_sees_why(page, server, cast_here, house)


def _the_next_annotator_sees_why(page, server, cast_here, house) -> None:  # noqa: F811
    from tests.api.labels.floor import lease

    lease(cast_here.anna, house.submitted)
    enter(page, server, cast_here.anna)
    page.goto(f"{server}/t/harbour/tasks/{house.submitted}")
    shown(page, 0)
    why = page.get_by_role("region", name="Sent back before")
    expect(why).to_contain_text("The box leaves out the feet.")
    why.get_by_role("button", name="Frame 17").click()
    shown(page, 17)


def test_a_review_opens_only_under_a_review_lease(open_page, server, cast_here, house):  # noqa: F811
    page = open_page(expected=("409", "403"))
    enter(page, server, cast_here.amir)
    page.goto(f"{server}/t/harbour/review/{house.in_hand}")
    expect(page.locator("h1")).to_contain_text("role does not include")
    enter(page, server, cast_here.rita)
    page.goto(f"{server}/t/harbour/review/{house.in_hand}")
    expect(page.locator("body")).to_contain_text("You hold no lease")


def test_worst_frames_are_shown_exactly_when_asked_for_and_the_look_is_logged(
    page,
    server,  # noqa: F811
    cast_here,
    house,
    shots,
):
    def looks() -> int:
        with scope(cast_here.harbour.id):
            served = AuditEntry.objects.filter(action="footage.frames.serve")
            return served.filter(actor_id=cast_here.clara.id).count()

    refused = watched(page)
    enter(page, server, cast_here.clara)
    page.goto(f"{server}/t/harbour/quality")
    drawn, before = page.locator(".shot--drawn"), looks()
    expect(drawn).to_have_count(0)
    page.get_by_role("button", name="Show the pictures").click()
    expect(page.locator("#pictures-say")).to_have_text("Your look at these frames is in the log.")
    places = page.locator(".shot")
    expect(drawn).to_have_count(places.count())
    read = READ_BARS.replace("document.getElementById('picture')", "canvas")
    read = read.replace("([width, height])", "(canvas, [width, height])")
    asked = [int(places.nth(n).get_attribute("data-frame")) for n in range(places.count())]
    assert [
        places.nth(n).locator("canvas").evaluate(read, [640, 360]) for n in range(places.count())
    ] == asked
    assert any(asked), "one of them is not the first frame"
    assert looks() > before
    accessible(page)
    page.get_by_text("Show as table").last.click()
    expect(page.get_by_role("table", name="Worst frames")).to_be_visible()
    assert fits(page, "clara-quality-pictures", shots) + refused == []


def test_a_reviewer_looks_at_both_sides_of_a_border_and_the_log_knows(
    page,
    server,  # noqa: F811
    cast_here,
    house,
    shots,
):
    refused = watched(page)
    enter(page, server, cast_here.rita)
    page.goto(f"{server}/t/northlight/seams")
    page.locator(f'a[href="/t/harbour/clips/{house.seamed}/seams"]').click()
    page.get_by_role("button", name="Show the pictures").click()
    expect(page.locator("#pictures-say")).to_have_text("Your look at these frames is in the log.")
    expect(page.locator(".shot--drawn")).to_have_count(6)
    with scope(cast_here.harbour.id):
        served = AuditEntry.objects.filter(action="footage.frames.serve", subject_id=house.seamed)
        assert served.filter(actor_id=cast_here.rita.id).exists()
    accessible(page)
    assert fits(page, "rita-seams-pictures", shots) + refused == []


def test_a_third_person_chooses_between_two_labellings(
    open_page,
    server,  # noqa: F811
    cast_here,
    house,
    shots,
):
    from tests.api.labels.floor import lease
    from workforce.quality.models import Consensus

    page = open_page(expected=("400",))
    lease(cast_here.rita, house.two_sided, work="review")
    enter(page, server, cast_here.rita)
    page.goto(f"{server}/t/harbour/review/{house.two_sided}")
    expect(page).to_have_url(re.compile("/t/harbour/adjudicate/"))
    expect(page.locator("body")).not_to_contain_text("Anna")
    accessible(page)
    assert fits(page, "rita-adjudicate", shots) == []
    page.get_by_role("button", name="Neither: send it back").click()
    expect(page.get_by_role("alert")).to_contain_text("Say at least one reason")
    page.get_by_role("button", name="A is right").focus()
    page.keyboard.down("Enter")
    following = page.get_by_role("button", name="Next review")
    expect(following).to_be_focused()
    expect(page.locator("body")).to_contain_text("The labels that you chose count")
    accessible(page)
    assert fits(page, "rita-decided", shots) == []
    with scope(cast_here.harbour.id):
        row = Consensus.objects.get(task_id=house.two_sided)
    assert row.state in {"first", "second"}
    assert row.decider_id == cast_here.rita.id

    page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    expect(following).to_be_enabled()
    page.reload()
    expect(following).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/t/harbour/review/|/t/northlight/work"))


def test_a_line_is_chosen_for_a_credit_note_by_its_number_and_enter_issues_none(
    page,
    server,  # noqa: F811
    cast_here,
    house,
    shots,
):
    from billing.invoicing.models import CreditNote

    with scope(cast_here.harbour.id):
        before = CreditNote.objects.count()
    enter(page, server, cast_here.olga)
    page.goto(f"{server}/t/harbour/invoices/{house.invoice}")
    page.get_by_label("Line number").fill("1")
    page.keyboard.press("Enter")
    amount = page.get_by_role("textbox", name=re.compile("^Line 1: "))
    expect(amount).to_be_visible()
    expect(page).to_have_url(re.compile("#credit$"))
    amount.fill("0.01")
    page.get_by_label("What for").fill("The van was wrong.")
    page.get_by_label("What for").press("Enter")
    expect(amount).to_have_value("0.01")
    expect(page.get_by_label("What for")).to_have_value("The van was wrong.")
    accessible(page)
    assert fits(page, "olga-credit", shots) == []
    page.get_by_role("row", name=re.compile("^1 ")).get_by_role("button", name="Leave out").click()
    expect(amount).to_have_count(0)
    with scope(cast_here.harbour.id):
        assert CreditNote.objects.count() == before


def test_a_quiz_is_started_and_worked_through_in_the_workbench(page, server, cast_here, house):  # noqa: F811
    enter(page, server, cast_here.anna)
    page.goto(f"{server}/t/northlight/quizzes")
    accessible(page)
    page.get_by_role("button", name="Start level 3").click()
    for _ in range(3):
        expect(page.locator("h1")).to_contain_text("Quiz: ")
        first = int(page.locator("#frame").input_value())
        shown(page, first)
        assert first in {50, 60, 70}
        page.keyboard.press("Control+Enter")
        page.locator("#submit-now").click()
        expect(page.locator("#workbench")).to_have_attribute("data-state", "submitted")
        page.goto(f"{server}/t/northlight/quizzes")
        expect(page.locator("body")).to_contain_text("Boxes, level 3")
        following = page.get_by_role("button", name="Next task of the quiz")
        if following.count():
            following.click()
    expect(page.locator("body")).to_contain_text("Being scored")


#: What people of a suspended organization open. The last of each is closed to them.
RESTING = {
    "mila": ["/", "/t/museum/invoices", "/t/museum/log", "/t/museum/clips"],
    "nora": ["/", "/t/northlight/statements", "/t/northlight/people"],
    "anna": ["/", "/t/northlight/scores"],
}


def test_a_suspended_organization_says_so_wherever_its_people_look(
    open_page,
    server,  # noqa: F811
    cast_here,
    shots,
):
    cast, wrong = cast_here, []
    change = partial(change_standing, actor=Actor.person(cast.olga), note="By the test.")
    resting = [cast.museum, cast.northlight]
    page = open_page(expected=("400",))
    enter(page, server, cast.olga)
    for number, organization in enumerate(resting):
        page.goto(f"{server}/operator/organizations/{organization.id}")
        wrong += fits(page, f"standing-active-{number}", shots)
        change(organization_id=organization.id, to="suspended", reason="unpaid")
        page.reload()
        expect(page.get_by_text("Suspended", exact=True)).to_be_visible()
        accessible(page)
        wrong += fits(page, f"standing-suspended-{number}", shots)
    closing = page.locator("form", has=page.get_by_role("button", name="Close it for good"))
    closing.get_by_label("Reason").select_option("ended")
    closing.get_by_label("What happened").fill("The contract has ended.")
    closing.get_by_label("Its name").fill("museum")
    closing.get_by_role("button").click()
    expect(closing).to_contain_text("Type northlight to close it.")
    accessible(page)
    wrong += fits(page, "standing-refused", shots)
    try:
        for name, paths in RESTING.items():
            page = open_page(expected=("403",))
            enter(page, server, getattr(cast, name))
            for number, path in enumerate(paths):
                page.goto(f"{server}{path}")
                expect(page.locator("main")).to_contain_text("suspended")
                accessible(page)
                wrong += fits(page, f"resting-{name}-{number}", shots)
    finally:
        for organization in resting:
            change(organization_id=organization.id, to="active", reason="unpaid")
    assert wrong == []
