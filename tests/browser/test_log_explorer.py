"""The log's explorer in a browser: narrowed by keyboard, read page by page, verified there."""

import re

import pytest
from playwright.sync_api import expect

from tests.api.intake.conftest import server  # noqa: F401 - fixture
from tests.browser.test_portal import accessible, enter

# WhiteNoise hands Django synchronous iterators over files that ASGI closes late.
pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

SERVED = "action=footage.frames.serve"


def test_an_auditor_finds_an_entry_and_this_browser_verifies_it(
    page,
    server,  # noqa: F811
    cast_here,
    house,
):
    enter(page, server, cast_here.arthur)
    page.goto(server)
    expect(page).to_have_url(re.compile("/t/harbour/log$"))
    page.get_by_label("footage.frames.serve").check()
    page.get_by_role("button", name="Show these entries").click()
    page.wait_for_url("**/log?*footage.frames.serve*")
    # What all rows share is said once, above them.
    expect(page.locator(".tok__v")).to_have_text("footage.frames.serve")
    expect(page.get_by_role("columnheader", name="Action")).to_have_count(0)
    assert (
        page.evaluate(
            "Math.max(...[...document.querySelectorAll('.logt tbody tr')].map(r => r.offsetHeight))"
        )
        <= 33
    )
    accessible(page)
    # A row that waits for its place in the log has no entry to open yet.
    rows = page.locator("tr[data-entry]")
    first, second = (rows.nth(n).get_by_role("link").first for n in (0, 1))
    page.keyboard.press("j")
    expect(first).to_be_focused()
    page.keyboard.press("j")
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="The chosen entry")
    expect(page.locator("#verdict")).to_have_attribute("data-verdict", "ok")
    expect(panel).to_be_focused()
    accessible(page)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(second).to_be_focused()
    page.keyboard.press("v")
    expect(page.locator("#verdict")).to_have_attribute("data-verdict", "ok")
    panel.get_by_role("link", name="The whole page").click()
    expect(page.get_by_role("img", name=re.compile("Proof path"))).to_be_visible()
    expect(page.locator("#verdict")).to_have_attribute("data-verdict", "ok")
    accessible(page)
    page.get_by_label("Purpose, one word").fill("access-review")
    page.get_by_role("button", name="Show who it was").click()
    expect(page.locator("dd b")).to_have_text(cast_here.clara.email)
    page.goto(f"{server}/t/harbour/log?action=log.personal.resolve")
    row = page.locator(".logt tbody tr").first
    expect(row).to_contain_text("access-review")
    expect(row).to_contain_text("You")


def test_the_log_is_narrowed_by_keyboard_and_says_when_an_entry_does_not_come(
    open_page,
    server,  # noqa: F811
    cast_here,
    house,
):
    page = open_page(expected=("500",))
    enter(page, server, cast_here.arthur)
    page.goto(f"{server}/t/harbour/log?{SERVED}&limit=8")
    page.keyboard.press("/")
    expect(page.locator("#query")).to_be_focused()
    page.locator("#query").fill("role:annotator")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"{SERVED}&role=annotator"))
    page.locator("[data-filter=why]").first.focus()
    page.keyboard.press("Shift+X")
    expect(page).to_have_url(re.compile("role=annotator&not_why=task"))
    expect(page.get_by_text("No entry fits these filters")).to_be_visible()
    page.get_by_role("link", name="Drop the filter not purpose task").click()
    page.wait_for_url("**role=annotator")
    expect(page.locator("tr[data-entry]").first).to_be_visible()
    page.route("**/log/*?panel", lambda route: route.fulfill(
        status=500, headers={"X-Request-Id": "8f3a01c9d2b4"}, body=""))  # fmt: skip
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("8f3a01c9d2b4")
    accessible(page)
    page.unroute("**/log/*?panel")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#verdict")).to_have_attribute("data-verdict", "ok")


def test_pages_of_the_log_follow_on_one_another_and_a_wrong_query_says_so(
    open_page,
    server,  # noqa: F811
    cast_here,
    house,
):
    page = open_page(expected=("400",))
    enter(page, server, cast_here.clara)
    page.goto(f"{server}/t/harbour/log?action=footage.frames.serve&limit=16")
    first = page.locator(".logt tbody td:first-child").all_inner_texts()
    page.get_by_role("link", name="Older").click()
    page.wait_for_url("**/log?*cursor=*")
    second = page.locator(".logt tbody td:first-child").all_inner_texts()
    assert len(first) == 16
    assert second
    assert not set(first) & set(second)
    page.get_by_role("link", name="Newest").click()
    expect(page.locator(".logt tbody td:first-child").first).to_have_text(first[0])
    page.goto(f"{server}/t/harbour/log?actor=nobody")
    expect(page.get_by_role("alert")).to_contain_text("actor")
    page.goto(f"{server}/t/harbour/log?cursor=wrong")
    expect(page.get_by_role("alert")).to_contain_text("cursor")


def test_a_changed_entry_is_not_verified(page, server, cast_here, house):  # noqa: F811
    enter(page, server, cast_here.arthur)

    def change(route):
        answer = route.fetch()
        body = answer.text().replace("footage.frames.serve\\u0022", "footage.frames.erase\\u0022")
        changed = body.replace('footage.frames.serve\\"', 'footage.frames.erase\\"')
        assert changed != answer.text()
        route.fulfill(response=answer, body=changed)

    page.route(f"**/log/{house.entry}", change)
    page.goto(f"{server}/t/harbour/log/{house.entry}")
    expect(page.locator("#verdict")).to_have_attribute("data-verdict", "bad")
    expect(page.locator(".vstep--bad")).to_have_count(2)
    expect(page.locator("#verdict")).to_contain_text("Broken at the entry's bytes")
    expect(page.locator('[data-broken-at="leaf"] .mk__e--broken')).to_have_count(1)
