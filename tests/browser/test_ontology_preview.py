"""What annotators will see, drawn beside the form of what is labelled while one types."""

import re

import pytest
from playwright.sync_api import expect

from core.access.actors import Actor
from core.tenancy.scope import scope
from tenants.projects.models import OntologyVersion
from tenants.projects.services import create_project
from tests.api.intake.conftest import cast_here, server, store_folder  # noqa: F401 - fixtures
from tests.browser.test_portal import accessible, enter

# WhiteNoise hands Django synchronous iterators over files that ASGI closes late.
pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]


@pytest.fixture(scope="module")
def place(cast_here):  # noqa: F811
    project = create_project(
        actor=Actor.person(cast_here.clara), tenant=cast_here.harbour.id, name="North gate"
    )
    return f"/t/harbour/projects/{project.id}/labels"


def versions(cast) -> int:
    with scope(cast.harbour.id):
        return OntologyVersion.objects.count()


def test_the_preview_keeps_up_with_the_form(page, server, cast_here, place):  # noqa: F811
    enter(page, server, cast_here.clara)
    page.goto(server + place)
    person = page.locator("#seen").get_by_role("region", name="Person", exact=True)
    expect(person).to_contain_text("Box")
    page.locator("#id_label-0-name").fill("Pedestrian")
    seen = page.locator("#seen").get_by_role("region", name="Pedestrian")
    expect(seen.get_by_role("heading")).to_contain_text("Pedestrian 1")
    page.locator("#id_label-0-color").select_option("k4")
    expect(seen.locator("h3 .sw")).to_have_class("sw k4")
    lines = "Hat: none, cap*\nBadge: yes/no\nHeight: number = 180"
    page.locator("#id_label-0-attributes").fill(lines)
    expect(seen.get_by_role("group", name="Hat").get_by_label("cap")).to_be_checked()
    expect(seen.get_by_label("Height")).to_have_value("180")
    page.locator("#id_label-0-attributes").press_sequentially("\nShoes")
    expect(page.locator("#seen .note")).to_contain_text("Pedestrian: Line 4")
    accessible(page)
    assert versions(cast_here) == 1, "nothing was written"


def test_a_server_that_is_away_is_told_and_asked_again(open_page, server, cast_here, place):  # noqa: F811
    page = open_page(expected=("net::ERR_FAILED",))
    enter(page, server, cast_here.clara)
    page.goto(server + place)
    page.route("**/labels", lambda route: route.abort(), times=1)
    page.locator("#id_label-0-name").fill("Walker")
    expect(page.locator("#seen-say")).to_contain_text("could not be brought up to date")
    page.locator("#id_label-0-name").fill("Walkers")
    expect(page.locator("#seen").get_by_role("region", name="Walkers")).to_be_visible()
    expect(page.locator("#seen-say")).to_be_empty()


def test_without_scripts_the_preview_is_that_of_the_last_look(open_page, server, cast_here, place):  # noqa: F811
    page = open_page(java_script_enabled=False)
    enter(page, server, cast_here.clara)
    page.goto(server + place)
    page.locator("#id_label-0-name").fill("Pedestrian")
    page.get_by_role("button", name="Look at the changes").click()
    expect(page.get_by_text("Label Person is called Pedestrian.")).to_be_visible()
    seen = page.locator("#seen").get_by_role("region", name="Pedestrian")
    expect(seen.get_by_role("heading")).to_have_text(re.compile("Pedestrian 1"))
    assert versions(cast_here) == 1
