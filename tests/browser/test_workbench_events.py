"""Event spans in the workbench: by keyboard, on the timeline, with who takes part and where."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from playwright.sync_api import Page, expect

from tests.browser import bar_clips
from tests.browser.test_workbench import draw, go, opened, saved, shown
from tests.browser.workbench_server import FENCE, TaskServer, task_page


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bar_clips.BarClip:
    folder: Path = tmp_path_factory.mktemp("bars")
    return bar_clips.make(folder)


@pytest.fixture
def server(clip: bar_clips.BarClip) -> Iterator[TaskServer]:
    context = {"page": task_page(0, 199), "title": "Gate 3 inbound", "subtitle": "events"}
    request = RequestFactory().get("/")
    task = TaskServer(clip, render_to_string("workbench/task.html", context, request=request))
    yield task
    task.close()


def only_event(server: TaskServer) -> dict:
    (event,) = server.events.values()
    return event


def timeline_x(page: Page, frame: float) -> float:
    """Where a frame is on the timeline, which shows all 200."""
    box = page.locator(".tl__stage").bounding_box()
    assert box
    return box["x"] + (frame + 0.5) / 200 * box["width"]


def begun_and_ended(page: Page, first: int, last: int) -> None:
    go(page, first)
    page.locator("#main").focus()
    page.keyboard.press("x")
    go(page, last)
    page.locator("#main").focus()
    page.keyboard.press("x")


def test_x_begins_an_event_with_the_chosen_object_and_x_ends_it(page, server):
    opened(page, server, 20)
    draw(page, 100, 150, 200, 250)
    begun_and_ended(page, 30, 90)
    saved(page)
    event = only_event(server)
    assert (event["event"], event["start"], event["end"]) == ("loitering", 30, 90)
    assert event["participants"] == list(server.tracks)


def test_an_event_ended_before_its_start_is_turned_round(page, server):
    opened(page, server)
    begun_and_ended(page, 90, 30)
    saved(page)
    assert (only_event(server)["start"], only_event(server)["end"]) == (30, 90)


def test_ends_are_moved_by_keys_and_by_number_and_never_cross(page, server):
    opened(page, server)
    begun_and_ended(page, 30, 90)
    go(page, 40)
    page.locator("#main").focus()
    page.keyboard.press("[")
    page.get_by_label("to frame").fill("10")
    page.get_by_label("to frame").press("Tab")
    expect(page.get_by_label("to frame")).to_have_value("40")
    saved(page)
    assert (only_event(server)["start"], only_event(server)["end"]) == (40, 40)


def test_who_takes_part_where_and_how_is_picked_from_what_the_ontology_allows(page, server):
    opened(page, server)
    draw(page, 100, 150, 200, 250)
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    draw(page, 300, 150, 400, 250)
    page.keyboard.press("Escape")
    begun_and_ended(page, 10, 50)
    detail = page.locator("#event-detail")
    # a car takes no part in loitering, an entrance is no perimeter
    expect(detail.get_by_label("car 2")).to_have_count(0)
    expect(detail.get_by_label("Gate")).to_have_count(0)
    detail.get_by_label("person 1").check()
    detail.get_by_label("North fence").check()
    detail.get_by_label("Alone").check()
    saved(page)
    event = only_event(server)
    person = next(key for key, track in server.tracks.items() if track["label"] == "person")
    assert event["participants"] == [person]
    assert event["zones"] == [FENCE]
    assert event["attributes"] == {"alone": True}
    # another kind of event drops what it does not know
    detail.get_by_label("Kind").select_option("parking")
    saved(page)
    event = only_event(server)
    assert (event["event"], event["participants"], event["attributes"]) == ("parking", [], {})


def test_an_end_is_dragged_on_the_timeline_and_undone_in_one_step(page, server):
    opened(page, server)
    begun_and_ended(page, 30, 90)
    lanes = page.locator(".tl__lanes").bounding_box()
    assert lanes
    page.mouse.move(timeline_x(page, 90.5), lanes["y"] + 13)
    page.mouse.down()
    page.mouse.move(timeline_x(page, 120), lanes["y"] + 13, steps=5)
    page.mouse.move(timeline_x(page, 150), lanes["y"] + 13, steps=5)
    page.mouse.up()
    saved(page)
    assert (only_event(server)["start"], only_event(server)["end"]) == (30, 150)
    page.keyboard.press("Control+z")
    saved(page)
    assert (only_event(server)["start"], only_event(server)["end"]) == (30, 90)


def test_shift_and_a_drag_on_the_ruler_draw_an_event(page, server):
    opened(page, server)
    ruler = page.locator(".tl__ruler").bounding_box()
    assert ruler
    page.keyboard.down("Shift")
    page.mouse.move(timeline_x(page, 60), ruler["y"] + 10)
    page.mouse.down()
    page.mouse.move(timeline_x(page, 130), ruler["y"] + 10, steps=5)
    page.mouse.up()
    page.keyboard.up("Shift")
    saved(page)
    assert (only_event(server)["start"], only_event(server)["end"]) == (60, 130)


def test_a_deleted_track_leaves_its_events_and_undo_brings_both_back(page, server):
    opened(page, server)
    draw(page, 100, 150, 200, 250)
    begun_and_ended(page, 10, 50)
    saved(page)
    before = only_event(server)
    page.locator("#objects").get_by_role("button", name="1 person").click()
    page.keyboard.press("Delete")
    saved(page)
    assert server.tracks == {}
    assert only_event(server)["participants"] == []
    page.keyboard.press("Control+z")
    saved(page)
    assert only_event(server) == before
    assert list(server.tracks) == before["participants"]


def test_a_relabelled_object_takes_no_part_where_it_may_not(page, server):
    opened(page, server)
    draw(page, 100, 150, 200, 250)
    begun_and_ended(page, 10, 50)
    page.locator("#objects").get_by_role("button", name="1 person").click()
    page.get_by_label("Label", exact=True).select_option("truck")
    saved(page)
    assert only_event(server)["participants"] == []


def test_events_come_back_after_a_reload_and_are_deleted_by_key(page, server):
    opened(page, server)
    begun_and_ended(page, 30, 90)
    saved(page)
    page.reload()
    shown(page, 0)
    page.locator("#events").get_by_role("button", name="1 loitering 30–90").click()
    page.locator("#main").focus()
    page.keyboard.press("Delete")
    saved(page)
    assert server.events == {}


def test_an_event_that_was_not_saved_is_kept_and_taken_over(open_page, server):
    page = open_page(expected=("409",))
    opened(page, server)
    go(page, 30)
    page.locator("#main").focus()
    page.keyboard.press("x")
    go(page, 90)
    page.locator("#main").focus()
    # Only now: the beginning may have been saved meanwhile, and then it would have been refused.
    server.lost = True
    page.keyboard.press("x")
    page.keyboard.press("Control+s")
    expect(page.locator("#notes")).to_contain_text("1 change that was not saved is kept")
    server.lost = False
    page.reload()
    page.get_by_role("button", name="Take them over").click()
    saved(page)
    assert (only_event(server)["start"], only_event(server)["end"]) == (30, 90)
