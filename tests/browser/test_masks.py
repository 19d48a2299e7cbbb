"""Masks are checked in a real browser: suspicious frames first, signed; drawn, dropped, saved."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.audit.models import AuditEntry
from core.tenancy.scope import scope
from tests.api.intake.conftest import server  # noqa: F401 - fixture
from tests.browser.test_portal import accessible, enter
from workforce.redaction.models import MaskCheck, MaskRevision

# WhiteNoise hands Django synchronous iterators over files that ASGI closes late.
pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]


def test_masks_are_looked_at_corrected_and_saved(
    open_page,
    server,  # noqa: F811
    cast_here,
    furnished_here,
    tmp_path,
):
    cast, page = cast_here, open_page(expected=("409 (Conflict)",))
    house = furnished_here.house
    folder = Path(os.environ.get("CUSTOS_SHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    enter(page, server, cast.clara)
    page.goto(f"{server}/t/harbour/masks")
    accessible(page)
    page.screenshot(path=folder / "masks-list-1440.png")
    page.locator(".rowlink").first.click()
    expect(page.locator("#masks")).to_have_attribute("data-state", "open")
    rows = page.locator("#suspects > li")
    expect(rows.first).to_contain_text("Face shows on the copy")
    expect(rows.first).to_have_attribute("aria-current", "true")
    expect(page.locator("#frame")).to_have_text("48")
    count = rows.count()
    assert count == 6
    # Those in view are decoded, in their order.
    expect(rows.nth(2)).to_have_attribute("data-painted", "")
    sign = page.get_by_role("button", name="Sign the check")
    for row in range(count):
        expect(sign).to_be_disabled()
        rows.nth(row).scroll_into_view_if_needed()
        expect(rows.nth(row)).to_have_attribute("data-painted", "")
        page.keyboard.press("c")
    expect(page.locator("#ticked")).to_have_text(f"{count} of {count} frames looked at")
    expect(sign).to_be_enabled()
    accessible(page)
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=folder / f"masks-{width}.png", full_page=width == 390)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1440, "height": 900})
    sign.click()
    expect(page.locator("#notes")).to_contain_text("Signed.")
    with scope(cast.harbour.id):
        assert len(MaskCheck.objects.get().frames) == count

    page.keyboard.press("n")
    box = page.locator("#picture").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y + 90, steps=4)
    page.mouse.up()
    expect(page.locator("#chosen")).to_contain_text("drawn")
    page.keyboard.press("Control+z")
    expect(page.locator("#strip .mk__track")).to_have_count(3)
    page.keyboard.press("Control+y")
    expect(page.locator("#strip .mk__track")).to_have_count(4)
    page.screenshot(path=folder / "masks-drawn-1440.png")
    page.locator("#strip").get_by_role("button", name="Face 1").click()
    page.keyboard.press("Delete")
    page.get_by_label("Why it is no mask").fill("A poster on the wall.")
    page.get_by_role("button", name="Drop it").click()
    expect(sign).to_be_disabled()
    page.keyboard.press("Control+s")
    expect(page.locator("#saved")).to_have_text("Revision 1 is not in the copy yet")
    with scope(cast.harbour.id):
        kept = MaskRevision.objects.get(run__clip_id=house.clip)
        assert (kept.counts["drawn"], kept.counts["dropped"]) == (1, 1)
        logged = bytes(AuditEntry.objects.get(action="redaction.masks_saved").body)
        assert b'"dropped_tracks":["faces-' in logged
        assert b"poster" not in logged, "words can be erased; they stay in the revision"
    expect(page.get_by_role("button", name="Make the copy anew")).to_be_enabled()

    # Another window of the same person takes over; what this one sends is refused, and it says so.
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#masks")).to_have_attribute("data-state", "open")
    expect(other.locator("#strip .mk__track")).to_have_count(4)
    other.close()
    page.locator("#strip .mk__name").first.click()
    page.keyboard.press("]")
    page.keyboard.press("Control+s")
    expect(page.locator("#notes")).to_contain_text("no longer change anything")
