"""The bell, and the list of notices by mouse and by keyboard."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.notices.services import notify
from core.tenancy.scope import scope
from tests.api.intake.conftest import cast_here, server, store_folder  # noqa: F401 - fixtures
from tests.browser.test_portal import accessible, enter

pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

PARTS = {"number": 4, "project": "Quay north", "reason": "no video stream", "late": 2, "risky": 1}


def shoot(page, name):
    folder = os.environ.get("CUSTOS_SHOTS")
    if folder:
        for width, height in ((1440, 900), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=Path(folder) / f"{name}-{width}.png")
        page.set_viewport_size({"width": 1440, "height": 900})


def test_the_bell_leads_to_notices_that_keys_read_and_undo_brings_back(page, server, cast_here):  # noqa: F811
    with scope(cast_here.harbour.id):
        notify("release_ready", key="1", parts=PARTS, path="releases")
        notify("clip_refused", key="1", parts=PARTS, path="clips")
        notify("clips_late", key="1", parts=PARTS, path="sla")
    enter(page, server, cast_here.clara)
    page.goto(f"{server}/t/harbour/home")
    bell = page.get_by_role("link", name="Notices, 3 unread")
    expect(bell).to_be_visible()
    bell.click()
    expect(page.locator("h1")).to_have_text("3 notices wait for you.")
    accessible(page)
    shoot(page, "notices")

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name=re.compile("could not be prepared"))).to_be_focused()
    page.keyboard.press("e")
    expect(page.locator("h1")).to_have_text("2 notices wait for you.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("h1")).to_have_text("3 notices wait for you.")

    page.get_by_role("link", name=re.compile("Version 4")).click()
    expect(page).to_have_url(re.compile("/t/harbour/releases$"))
    expect(page.get_by_role("link", name="Notices, 2 unread")).to_be_visible()

    page.goto(f"{server}/account/notices/")
    accessible(page)
    shoot(page, "choices")
    page.get_by_label("A version can be accepted").select_option("In the portal")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_label("A version can be accepted")).to_have_value("1")


def test_the_account_and_what_roles_may_do_read_well(page, server, cast_here):  # noqa: F811
    enter(page, server, cast_here.nora)
    for name in ("account/", "help/roles"):
        page.goto(f"{server}/{name}")
        expect(page.locator("h1")).to_be_visible()
        accessible(page)
        shoot(page, name.strip("/").replace("/", "-"))
