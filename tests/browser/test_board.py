"""The vendor manager's board in a real browser: by keyboard alone, with a way back, and it fits."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.clock import now
from tests.api.intake.conftest import cast_here, server, store_folder  # noqa: F401 - fixtures
from tests.api.labels.floor import cut, hire, make_clip
from tests.browser.test_portal import accessible, enter
from workforce.tasks.models import QueueEntry

# WhiteNoise hands Django synchronous iterators over files that ASGI closes late.
pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]


def test_work_is_assigned_held_and_taken_back_by_keyboard(page, server, cast_here, tmp_path):  # noqa: F811
    cast = cast_here
    hire(cast, cast.anna, cast.amir, cast.rita)
    for frames, due in ((300, timedelta(hours=5)), (150, timedelta(days=4))):
        for task in cut(cast, make_clip(cast, frames=frames)):
            QueueEntry.objects.filter(task_id=task.id).update(due_at=now() + due)
    folder = Path(os.environ.get("CUSTOS_SHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    enter(page, server, cast.nora)
    page.goto(f"{server}/t/northlight/board")
    grid = page.get_by_role("grid", name="People and work")
    expect(grid.locator("td[tabindex='0']")).to_have_count(1)
    accessible(page)

    grid.locator("td[tabindex='0']").focus()
    keys = page.keyboard
    keys.press("Space")
    expect(page.get_by_role("toolbar", name="Selected tasks")).to_contain_text("6 tasks")
    keys.press("ArrowDown")
    keys.press("w")
    expect(page.locator("#h-why")).to_have_text("Why Amir")
    expect(page.locator("#why")).to_contain_text("checks")
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=folder / f"board-{width}.png", full_page=width == 390)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1440, "height": 900})
    accessible(page)

    assign = page.get_by_role("button", name=re.compile("Assign 6 to Amir"))
    expect(assign).to_be_enabled()
    keys.press("a")
    expect(page.locator("#say")).to_contain_text("6 tasks: Assigned to Amir.")
    assert QueueEntry.objects.filter(reserved_for=cast.amir.id).count() == 6
    keys.press("z")
    expect(page.locator("#say")).to_contain_text("6 tasks: taken back.")
    assert not QueueEntry.objects.filter(reserved_for__isnull=False).exists()

    grid.locator(".freerow td").first.focus()
    keys.press("ArrowRight")
    keys.press("Space")
    keys.press("h")
    expect(page.locator("#say")).to_contain_text("3 tasks: Held.")
    assert QueueEntry.objects.filter(state="held").count() == 3
