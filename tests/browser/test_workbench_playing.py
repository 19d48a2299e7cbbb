"""Playing at speed: nothing stalls where one group of pictures ends, and two of them are held.

The page's clock is the test's: it ticks when the decoder has nothing to do, so that what is tested
is what is asked for in time, and not how fast this machine decodes.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser import bar_clips
from tests.browser.test_workbench import READ_BARS, go, opened, serve
from tests.browser.workbench_server import TaskServer

TICK_MS = 40
OPENED = datetime(2026, 1, 1, tzinfo=UTC)
GOPS_HELD = 2


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bar_clips.BarClip:
    return bar_clips.make(tmp_path_factory.mktemp("bars"))


@pytest.fixture
def server(clip: bar_clips.BarClip) -> Iterator[TaskServer]:
    task = serve(clip)
    yield task
    task.gate.set()
    task.close()


def tick(page: Page) -> int:
    """One step of the clock, once what was asked for is here; gives the frame that is wanted."""
    page.clock.run_for(TICK_MS)
    frame = int(page.locator("#frame").input_value())
    page.clock.run_for(20)  # the picture is drawn on the next animation frame
    expect(page.locator("#workbench")).to_have_attribute("data-decoding", "false")
    return frame


def at_speed(page: Page, server: TaskServer, frame: int, speed: str) -> None:
    page.clock.install(time=OPENED)
    page.goto(f"{server.url}/#frame={frame}")
    expect(page.locator("#workbench")).to_have_attribute("data-state", "open")
    for _ in range(5):
        if page.locator("#speed").inner_text() == f"{speed}×":
            break
        page.locator('[data-command="speed"]').click()
    expect(page.locator("#speed")).to_have_text(f"{speed}×")
    page.locator("#main").focus()
    expect(page.locator("#workbench")).to_have_attribute("data-decoding", "false")
    page.clock.pause_at(OPENED + timedelta(hours=1))


@pytest.mark.parametrize(
    ("speed", "first", "last"), [("0.5", 20, 55), ("1", 10, 80), ("4", 0, 199)]
)
def test_playing_over_the_borders_of_gops_waits_for_nothing(page, server, speed, first, last):
    at_speed(page, server, first, speed)
    page.keyboard.press("Space")
    seen = [first]
    for _ in range(400):
        seen.append(tick(page))
        if seen[-1] >= last:
            break
    workbench = page.locator("#workbench")
    assert seen[-1] >= last
    assert seen == sorted(seen)
    assert workbench.get_attribute("data-stalls") is None
    peak = int(workbench.get_attribute("data-peak"))
    assert bar_clips.GOP < peak <= GOPS_HELD * bar_clips.GOP


def test_footage_that_comes_late_holds_the_clock_and_no_frame_is_passed_over(page, server):
    at_speed(page, server, 10, "1")
    server.gate.clear()
    page.keyboard.press("Space")
    for _ in range(40):
        page.clock.run_for(TICK_MS)
    expect(page.locator("#frame")).to_have_value("25")
    server.gate.set()
    expect(page.locator("#workbench")).to_have_attribute("data-stalls", "1")
    assert [tick(page) for _ in range(2)][-1] <= 28


def test_going_to_and_fro_holds_no_more_than_two_gops_either(page, server):
    opened(page, server)
    for frame in (30, 199, 70, 45, 120, 24, 25, 0):
        go(page, frame)
        assert page.evaluate(READ_BARS, [640, 360]) == frame
    peak = page.locator("#workbench").get_attribute("data-peak")
    assert re.fullmatch(r"\d+", peak)
    assert int(peak) <= GOPS_HELD * bar_clips.GOP
