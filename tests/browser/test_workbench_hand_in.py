"""Handing a task in on the workbench page, and the way on from there."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import bar_clips
from tests.browser.test_workbench import draw, only_track, opened, saved, serve
from tests.browser.workbench_server import TaskServer


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bar_clips.BarClip:
    return bar_clips.make(tmp_path_factory.mktemp("bars"))


@pytest.fixture
def server(clip: bar_clips.BarClip) -> Iterator[TaskServer]:
    task = serve(clip)
    yield task
    task.close()


def test_submitting_asks_first_shows_what_to_look_at_and_then_locks(page, server):
    opened(page, server)
    draw(page, 100, 150, 200, 250)
    page.keyboard.press("Control+Enter")
    sheet = page.get_by_role("dialog", name="Submit this task?")
    expect(sheet).to_contain_text("1 track with 1 keyframe on frames 0 to 199.")
    expect(sheet).to_contain_text("Person 1 has one keyframe and stays put from 0 to 199.")
    assert not server.submitted
    sheet.get_by_role("button", name="Submit", exact=True).click()
    expect(page.locator("#notes")).to_contain_text("Submitted.")
    assert server.submitted
    assert len(server.tracks) == 1
    page.keyboard.press("n")
    expect(page.locator("#main")).to_have_attribute("data-tool", "select")


def test_what_is_not_saved_yet_goes_with_the_hand_in_in_one_request(open_page, server):
    page = opened(open_page(expected=("net::ERR_FAILED",)), server)
    page.route("**/tracks", lambda route: route.abort() if route.request.method == "PATCH"
               else route.fallback())  # fmt: skip
    draw(page, 100, 120, 180, 220)
    expect(page.locator("#saved")).to_have_attribute("data-state", "failed")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Submit", exact=True).click()

    expect(page.locator("#workbench")).to_have_attribute("data-state", "submitted")
    assert only_track(server)["label"] == "person"
    assert [path for method, path, _ in server.log if method != "GET"] == ["/submit"]


def handed_in(page: Page) -> None:
    page.locator("#main").focus()
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#workbench")).to_have_attribute("data-state", "submitted")


def test_after_a_hand_in_enter_takes_the_next_task(page, server):
    server.next_page = "/next"
    opened(page, server)
    handed_in(page)
    expect(page.get_by_role("button", name="Next task")).to_be_focused()
    assert [entry for entry in server.log if entry[1] == "/lease"] == []
    page.locator("#main").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_title("The next task")
    assert [entry for entry in server.log if entry[1] == "/lease"] == [
        ("POST", "/lease", {"work": "annotate"})
    ]


def test_where_no_task_is_left_the_workbench_says_so_and_leads_to_my_work(page, server):
    opened(page, server)
    handed_in(page)
    page.get_by_role("button", name="Next task").click()
    expect(page.locator("#notes")).to_contain_text("There is no task for you right now.")
    expect(page.locator("#notes .note--info").get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/home?why=annotate")


def test_a_server_that_is_away_is_asked_for_the_next_task_again(open_page, server):
    page = opened(open_page(expected=("503",)), server)
    handed_in(page)
    server.down = True
    page.get_by_role("button", name="Next task").click()
    expect(page.locator("#notes")).to_contain_text("Down for a moment.")
    server.down, server.next_page = False, "/next"
    page.get_by_role("button", name="Try again").click()
    expect(page).to_have_title("The next task")


def test_a_hand_in_whose_answer_was_lost_says_what_may_have_become_of_it(open_page, server):
    page = opened(open_page(expected=("net::ERR_FAILED", "409")), server)
    draw(page, 100, 120, 180, 220)
    saved(page)
    page.route("**/submit", lambda route: route.abort(), times=1)
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.locator("#submit-error")).to_contain_text("can’t be reached")
    server.lost = True
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.locator("#notes")).to_contain_text("may have handed it in")
