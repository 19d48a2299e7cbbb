"""What a page shows on paper, and when one comes back to it."""

import pytest
from playwright.sync_api import expect

from tests.api.intake.conftest import server  # noqa: F401 - fixture
from tests.browser.test_portal import accessible, enter
from tests.cast import PASSWORD

# WhiteNoise hands Django synchronous iterators over files that ASGI closes late.
pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

#: CSS pixels of A4 between margins of 16 mm.
PAPER = 673


def test_back_shows_the_filters_that_the_list_was_narrowed_by(page, server, cast_here):  # noqa: F811
    enter(page, server, cast_here.clara)
    page.goto(f"{server}/t/harbour/clips")
    name, state = page.get_by_label("Name has"), page.get_by_label("State")
    rows = page.locator("#clips tbody tr")
    everything = rows.count()
    name.fill("gate")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("2 found")).to_be_visible()
    state.select_option("refused")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("No clip is like that")).to_be_visible()
    page.go_back()
    expect(rows).to_have_count(2)
    expect(name).to_have_value("gate")
    expect(state).to_have_value("")
    page.go_back()
    expect(rows).to_have_count(everything)
    expect(name).to_have_value("")


def sign_out_elsewhere(page) -> None:
    page.context.clear_cookies(name="sessionid")


def signs_in(page, person) -> None:
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def test_what_was_typed_when_the_session_ended_comes_back_to_its_person_alone(
    page,
    server,  # noqa: F811
    cast_here,
):
    for person in (cast_here.clara, cast_here.umar):
        person.set_password(PASSWORD)
        person.save()
    enter(page, server, cast_here.clara)
    place, typed = f"{server}/t/harbour/cameras", "Quay 7, the crane"
    name = page.get_by_label("Name of the camera")
    back = page.get_by_text("What you typed is back")

    page.goto(place)
    name.fill(typed)
    sign_out_elsewhere(page)
    page.get_by_role("button", name="Add the camera").click()
    signs_in(page, cast_here.clara)
    expect(back).to_be_visible()
    expect(name).to_have_value(typed)
    accessible(page)
    page.get_by_role("button", name="Add the camera").click()
    expect(page.get_by_text(f"{typed} is added.")).to_be_visible()
    expect(name).to_have_value("")
    page.reload()
    expect(name).to_have_value("")

    name.fill("Nobody else's to read")
    sign_out_elsewhere(page)
    page.get_by_role("button", name="Add the camera").click()
    signs_in(page, cast_here.umar)
    expect(page.locator(".who")).to_contain_text("Umar")
    # After the page's own scripts. To wait for a condition needs eval, which the policy refuses.
    page.wait_for_load_state()
    assert page.evaluate("sessionStorage.getItem('custos.kept-form')") is None
    expect(back).to_have_count(0)


@pytest.mark.parametrize("place", ["home", "clips"])
def test_lists_with_pictures_of_time_are_no_wider_than_paper(page, server, cast_here, place):  # noqa: F811
    enter(page, server, cast_here.clara)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER, "height": 950})
    page.goto(f"{server}/t/harbour/{place}")
    expect(page.locator("main .strip, main .steps6").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER


@pytest.mark.parametrize("place", ["access-review", "invoices/{invoice}", "releases/{release}"])
def test_reports_are_tables_on_paper_too(page, server, cast_here, furnished_here, place):  # noqa: F811
    house = furnished_here.house
    enter(page, server, cast_here.clara)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER, "height": 950})
    page.goto(
        f"{server}/t/harbour/{place.format(invoice=house.invoice, release=house.ready_release)}"
    )
    table = page.locator("main table").first
    expect(table.locator("tbody tr").first).to_be_visible()
    expect(table.locator("thead")).to_have_css("display", "table-header-group")
    expect(table.locator("tbody tr").first).to_have_css("display", "table-row")
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER
    expect(page.get_by_role("button")).to_have_count(0)
