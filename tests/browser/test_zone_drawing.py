"""Zones of a camera drawn in a browser, by mouse and by keys alone, and kept."""

import pytest
from playwright.sync_api import expect

from core.access.actors import Actor
from core.tenancy.scope import scope
from tenants.projects.models import Zone
from tenants.projects.services import add_camera, add_site
from tests.api.intake.conftest import cast_here, server, store_folder  # noqa: F401 - fixtures
from tests.browser.test_portal import accessible, enter

# WhiteNoise hands Django synchronous iterators over files that ASGI closes late.
pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]


@pytest.fixture(scope="module")
def camera(cast_here):  # noqa: F811
    clara, tenant = Actor.person(cast_here.clara), cast_here.harbour.id
    site = add_site(actor=clara, tenant=tenant, name="North", time_zone="UTC")
    return add_camera(actor=clara, tenant=tenant, site_id=site.id, name="Gate")


def stored(cast) -> dict[str, tuple[str, list[list[float]]]]:
    with scope(cast.harbour.id):
        return {zone.name: (zone.kind, zone.polygon) for zone in Zone.objects.all()}


def test_zones_are_drawn_by_mouse_and_by_keys_moved_and_removed(page, server, cast_here, camera):  # noqa: F811
    enter(page, server, cast_here.clara)
    page.goto(f"{server}/t/harbour/cameras/{camera.id}")
    canvas = page.locator("#zone-map")
    place = canvas.bounding_box()
    scale = place["width"] / 1920

    page.get_by_role("button", name="Draw a zone").click()
    for x, y in ((200, 200), (800, 200), (800, 600)):
        page.mouse.click(place["x"] + x * scale, place["y"] + y * scale)
    page.mouse.click(place["x"] + 200 * scale, place["y"] + 200 * scale)  # its first corner
    page.get_by_label("Name of zone 1").fill("Dock")
    page.get_by_label("Kind of zone 1").select_option("restricted")

    canvas.focus()
    page.keyboard.press("n")
    for keys in (["ArrowLeft"] * 3, ["ArrowDown"] * 4, ["ArrowRight"] * 5):
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name of zone 2")).to_be_focused()
    accessible(page)
    corner = page.get_by_role("button", name="Corner 1 of 3 of Zone 2, at 930, 540")
    corner.focus()
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Delete")
    expect(page.locator("#zone-say")).to_contain_text("three corners or more")
    page.get_by_role("button", name="Save the zones").click()
    expect(page.get_by_text("2 zones saved.")).to_be_visible()

    found = stored(cast_here)
    assert found["Zone 2"] == ("entrance", [[929, 530], [930, 580], [980, 580]])
    kind, corners = found["Dock"]
    assert kind == "restricted"
    assert corners == [
        pytest.approx(corner, abs=3) for corner in [[200, 200], [800, 200], [800, 600]]
    ]

    page.get_by_role("button", name="Remove Zone 2").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Remove Dock").click()
    page.get_by_role("button", name="Save the zones").click()
    expect(page.get_by_text("1 zone saved.")).to_be_visible()
    assert list(stored(cast_here)) == ["Zone 2"]


def test_who_may_only_look_gets_no_tools(page, server, cast_here, camera):  # noqa: F811
    enter(page, server, cast_here.vera)
    page.goto(f"{server}/t/harbour/cameras/{camera.id}")
    expect(page.locator("#zone-list")).to_be_visible()
    expect(page.get_by_role("button", name="Draw a zone")).to_have_count(0)
    accessible(page)
