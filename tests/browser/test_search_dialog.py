"""The search dialog by keyboard and mouse."""

import re

import pytest
from playwright.sync_api import expect

from tests.api.intake.conftest import cast_here, server, store_folder  # noqa: F401 - fixtures
from tests.api.search.things import make_clip, make_project
from tests.browser.test_bell import shoot
from tests.browser.test_portal import accessible, enter

pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]


def test_ctrl_k_finds_and_opens_without_a_mouse(open_page, server, cast_here):  # noqa: F811
    page = open_page(expected=("Failed to load resource",))
    project = make_project(cast_here.harbour, "Quay north")
    make_clip(project, "Quay crane 7.mp4")
    clip = make_clip(project, "quay lorry.mp4")
    enter(page, server, cast_here.clara)
    page.goto(f"{server}/t/harbour/home")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name=re.compile("Search pages"))
    expect(field).to_be_focused()
    accessible(page)
    page.keyboard.type("quay")
    expect(page.get_by_role("option", name=re.compile("Quay crane 7.mp4"))).to_be_visible()
    accessible(page)
    shoot(page, "search")
    page.keyboard.type(" lor")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("option")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/t/harbour/clips/{clip.id}$"))

    page.get_by_role("link", name="Search").click()
    page.keyboard.type("zzz")
    expect(page.get_by_text("Nothing that you may see begins with “zzz”.")).to_be_visible()
    page.route("**/search?*", lambda route: route.abort())
    page.keyboard.type("z")
    expect(page.get_by_text("The search did not answer.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    expect(page.get_by_role("link", name="Search")).to_be_focused()


def test_without_a_script_the_button_is_a_page(open_page, server, cast_here):  # noqa: F811
    page = open_page(java_script_enabled=False)
    enter(page, server, cast_here.clara)
    page.goto(f"{server}/t/harbour/home")
    page.get_by_role("link", name="Search").click()
    page.get_by_role("searchbox").fill("invoices")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Invoices").first.click()
    expect(page).to_have_url(re.compile("/t/harbour/invoices$"))
