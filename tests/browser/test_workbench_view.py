"""Keeping a shape over frames, what is hidden and locked, moving over the picture, label keys."""

from collections.abc import Iterator

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from playwright.sync_api import Page, expect

from tests.browser import bar_clips
from tests.browser.test_workbench import drag, draw, go, only_track, opened, saved, serve, shown
from tests.browser.workbench_server import ONTOLOGY, TaskServer, task_page


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bar_clips.BarClip:
    return bar_clips.make(tmp_path_factory.mktemp("bars"), frames=120)


@pytest.fixture
def server(clip: bar_clips.BarClip) -> Iterator[TaskServer]:
    task = serve(clip, last=119)
    yield task
    task.close()


def walking(page: Page) -> None:
    """A person at 0, 40 and 80, who goes to the right, chosen at frame 20."""
    opened(page, server_of(page))
    draw(page, 100, 150, 160, 250)
    for frame, x in ((40, 130), (80, 330)):
        go(page, frame)
        drag(page, (x, 200), (x + 100, 200), (x + 200, 200))
    go(page, 20)


def server_of(page: Page) -> TaskServer:
    found: TaskServer = page.task_server  # type: ignore[attr-defined]
    return found


@pytest.fixture
def page(page: Page, server: TaskServer) -> Page:
    page.task_server = server  # type: ignore[attr-defined]
    return page


def frames(server: TaskServer) -> list[int]:
    return [keyframe[0] for keyframe in only_track(server)["keyframes"]]


def test_a_shape_is_kept_for_so_many_frames_after_a_look_and_undone_in_one_step(page, server):
    walking(page)
    page.keyboard.press("Control+b")
    sheet = page.get_by_role("dialog", name="Keep this shape")
    what = page.locator("#propagate-what")
    expect(what).to_contain_text("on 10 more frames, to 30. No keyframe is lost.")
    page.keyboard.type("30")
    expect(what).to_contain_text("on 30 more frames, to 50. 1 keyframe there gives way.")
    page.keyboard.press("Enter")
    expect(sheet).to_be_hidden()
    saved(page)
    assert frames(server) == [0, 20, 50, 80]
    first, kept, until, _ = (keyframe[2] for keyframe in only_track(server)["keyframes"])
    assert kept == until != first
    page.keyboard.press("Control+z")
    saved(page)
    assert frames(server) == [0, 40, 80]


@pytest.mark.parametrize(
    ("choice", "told", "left"),
    [
        ("To the frame before the next keyframe", "19 more frames, to 39. No", [0, 20, 39, 40, 80]),
        ("To the end of the task", "99 more frames, to 119. 2 keyframes there give", [0, 20]),
    ],
)
def test_a_shape_is_kept_to_the_next_keyframe_or_to_the_end(page, server, choice, told, left):
    walking(page)
    page.locator('[data-command="propagate"]').click()
    page.get_by_label(choice).check()
    expect(page.locator("#propagate-what")).to_contain_text(told)
    page.get_by_role("button", name="Copy", exact=True).click()
    saved(page)
    assert frames(server) == left


def test_all_objects_of_the_frame_are_kept_but_locked_and_hidden_ones(page, server):
    opened(page, server)
    for x in (100, 250, 400):
        draw(page, x, 150, x + 60, 250)
        go(page, 60)
        drag(page, (x + 30, 200), (x + 40, 210), (x + 60, 220))
        go(page, 0)
    page.keyboard.press("l")
    page.keyboard.press("Control+b")
    expect(page.get_by_label("the selected object")).to_be_disabled()
    expect(page.get_by_label("all 2 on this frame")).to_be_checked()
    page.get_by_label("To the end of the task").check()
    expect(page.locator("#propagate-what")).to_contain_text("2 objects keep their shape")
    page.keyboard.press("Enter")
    saved(page)
    kept = [len(track["keyframes"]) for track in server.tracks.values()]
    assert sorted(kept) == [1, 1, 2]


def test_what_is_hidden_and_locked_survives_a_reload(page, server):
    opened(page, server)
    draw(page, 100, 150, 160, 250)
    page.keyboard.press("l")
    draw(page, 300, 150, 360, 250)
    page.keyboard.press("h")
    saved(page)
    page.reload()
    shown(page, 0)
    for name, pressed in (("Lock person 1", "true"), ("Lock person 2", "false"),
                          ("Hide person 1", "false"), ("Hide person 2", "true")):  # fmt: skip
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_have_attribute("aria-pressed", pressed)
    page.keyboard.press("Shift+h")
    page.keyboard.press("Shift+h")
    page.keyboard.press("Shift+l")
    expect(page.locator("#objects [aria-label^=Hide][aria-pressed=true]")).to_have_count(0)
    expect(page.locator("#objects [aria-label^=Lock][aria-pressed=true]")).to_have_count(2)


def pixels(page: Page) -> tuple[int, ...]:
    """A number that stands for all that is shown of the picture, after the next paint."""
    found = page.evaluate(
        """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
          const c = document.getElementById('picture');
          const copy = new OffscreenCanvas(c.width, c.height).getContext('2d');
          copy.drawImage(c, 0, 0);
          const all = copy.getImageData(0, 0, c.width, c.height).data;
          let sum = 0;
          for (let i = 0; i < all.length; i += 4) sum = (sum * 31 + all[i]) % 1000003;
          done([sum]);
        })))"""
    )
    return tuple(found)


def test_the_wheel_and_keys_zoom_and_move_the_picture_and_zero_shows_it_whole(page, server):
    opened(page, server, 100)  # the square is in the middle
    zoom = page.locator("#zoom")
    whole, start = zoom.inner_text(), pixels(page)
    page.locator("#main").hover()
    page.mouse.wheel(0, -400)
    expect(zoom).not_to_have_text(whole)
    near = pixels(page)
    page.keyboard.press("Control+ArrowRight")
    moved = pixels(page)
    page.keyboard.press("ArrowDown")
    assert len({start, near, moved, pixels(page)}) == 4
    page.keyboard.press("0")
    expect(zoom).to_have_text(whole)
    assert pixels(page) == start
    page.keyboard.press("+")
    page.keyboard.press("-")
    expect(zoom).to_have_text(whole)


def test_a_digit_is_the_same_label_in_every_task_of_the_project(page, clip):
    """An older version had a label between: 2 stays its own, and 3 is the car in both."""
    document = task_page(0, 119) | {"label_keys": ["person", "cyclist", "car", "truck"]}
    assert [label["key"] for label in ONTOLOGY["labels"]] == ["person", "car", "truck"]
    context = {"page": document, "title": "Gate 3", "subtitle": "boxes"}
    request = RequestFactory().get("/")
    server = TaskServer(clip, render_to_string("workbench/task.html", context, request=request))
    try:
        opened(page, server)
        for digit, label in (("3", "car"), ("2", "car"), ("1", "person"), ("4", "truck")):
            page.keyboard.press(digit)
            expect(page.locator("#next-label")).to_have_text(f"Next box {label}")
        expect(page.locator("#detail label.opt", has_text="Car")).to_contain_text("3")
    finally:
        server.close()


def test_the_key_sheet_has_every_command_that_has_a_key(page, server):
    opened(page, server)
    page.keyboard.press("F1")
    sheet = page.get_by_role("dialog", name="Keys")
    for words in ("Polygon", "Keep this shape", "Next point", "Lock or unlock all", "Undo",
                  "Start an event here", "Speed of playing", "Pull a new point out of a side",
                  "Move over the picture", "Merge with another track"):  # fmt: skip
        expect(sheet).to_contain_text(words)
