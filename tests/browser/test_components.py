"""Parts of the design system that move: dialogs, menus, the theme; and a page at 200 % zoom."""

import pytest
from playwright.sync_api import expect

from tests.api.intake.conftest import cast_here, server, store_folder  # noqa: F401 - fixtures
from tests.browser.test_portal import accessible, enter

# WhiteNoise hands Django synchronous iterators over files that ASGI closes late.
pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]


@pytest.fixture
def design(open_page, server, cast_here):  # noqa: F811
    def at(width=1440, **options):
        page = open_page(width, 900, **options)
        enter(page, server, cast_here.sam)
        page.goto(f"{server}/design/")
        return page

    return at


@pytest.mark.parametrize("way", ["Escape", "Close", "Not yet", "backdrop"])
def test_a_dialog_keeps_the_focus_and_gives_it_back(design, way):
    page = design()
    opener = page.get_by_role("button", name="Accept…")
    opener.focus()
    page.keyboard.press("Space")
    dialog = page.get_by_role("dialog", name="Accept version 2")
    expect(dialog).to_be_visible()
    accessible(page)
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body"
                             " || !!document.activeElement.closest('dialog')")  # fmt: skip
    if way == "Escape":
        page.keyboard.press("Escape")
    elif way == "backdrop":
        page.mouse.click(5, 5)
    else:
        dialog.get_by_role("button", name=way).click()
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    expect(page.get_by_role("button", name="Accept…")).to_be_enabled()


def test_a_menu_closes_by_escape_and_by_a_click_elsewhere(design):
    page = design()
    more, inside = page.get_by_text("More", exact=True), page.get_by_role("link", name="Download")
    more.click()
    expect(inside).to_be_visible()
    page.keyboard.press("Escape")
    expect(inside).to_be_hidden()
    expect(more).to_be_focused()
    more.click()
    page.locator("h1").click()
    expect(inside).to_be_hidden()


def test_without_scripts_a_dialog_is_reached_by_its_address(design):
    page = design(java_script_enabled=False)
    expect(page.locator("#sample-dialog")).to_be_hidden()
    page.locator("a[href='#sample-dialog']").click()
    expect(page.locator("#sample-dialog")).to_be_visible()


def test_the_page_is_dark_as_the_system_is_until_a_person_chooses(design):
    page = design(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(ground)
    assert dark != light
    toggle = page.get_by_role("button", name="Dark theme")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    with page.expect_response("**/account/appearance"):
        toggle.click()
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) == light
    page.reload()
    assert page.evaluate(ground) == light
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"


def test_at_twice_the_size_nothing_scrolls_sideways(design):
    page = design(720, device_scale_factor=2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 720
