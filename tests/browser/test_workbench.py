"""The workbench page in a real browser: exact frames, drawing, keyboard, saving, leases."""

import random
import re
from collections.abc import Iterator

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from playwright.sync_api import Page, expect

from tests.browser import bar_clips
from tests.browser.workbench_server import TaskServer, task_page

LAST = 199

# The number in the bars of the picture on the canvas; -1 when a bar and its inverse disagree.
READ_BARS = """([width, height]) => {
  const c = document.getElementById('picture');
  const k = Math.min(c.width / width, c.height / height);
  const left = (c.width - width * k) / 2, top = (c.height - height * k) / 2;
  const copy = new OffscreenCanvas(c.width, c.height).getContext('2d', {willReadFrequently: true});
  copy.drawImage(c, 0, 0);
  const at = (x, y) =>
    copy.getImageData(Math.round(left + x * k), Math.round(top + y * k), 1, 1).data[0];
  let number = 0;
  for (let bit = 0; bit < 15; bit++) {
    const on = at(bit * 40 + 20, 20) > 127, off = at(bit * 40 + 20, 60) > 127;
    if (on === off) return -1;
    if (on) number |= 1 << bit;
  }
  return number;
}"""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bar_clips.BarClip]:
    folder = tmp_path_factory.mktemp("bars")
    return {
        "cfr": bar_clips.make(folder),
        "vfr": bar_clips.make(folder, variable=True),
    }


def serve(clip: bar_clips.BarClip, first: int = 0, last: int = LAST) -> TaskServer:
    context = {
        "page": task_page(first, last),
        "title": "Gate 3 inbound, clip 07",
        "subtitle": "boxes · part 2 of 3",
    }
    return TaskServer(
        clip, render_to_string("workbench/task.html", context, request=RequestFactory().get("/"))
    )


@pytest.fixture
def server(clips: dict[str, bar_clips.BarClip]) -> Iterator[TaskServer]:
    task = serve(clips["cfr"])
    yield task
    task.close()


def opened(page: Page, server: TaskServer, frame: int = 0) -> Page:
    page.goto(f"{server.url}/#frame={frame}")
    shown(page, frame)
    return page


def shown(page: Page, frame: int) -> None:
    page.locator(f'#picture[data-frame="{frame}"]').wait_for(state="attached")


def go(page: Page, frame: int) -> None:
    page.evaluate(
        "f => { const i = document.getElementById('frame'); i.value = f; i.form.requestSubmit(); }",
        frame,
    )
    shown(page, frame)


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the source is on the page, with the picture fitted."""
    box = page.locator("#main").bounding_box()
    assert box
    scale = min(box["width"] / 640, box["height"] / 360)
    return (
        box["x"] + (box["width"] - 640 * scale) / 2 + x * scale,
        box["y"] + (box["height"] - 360 * scale) / 2 + y * scale,
    )


def drag(page: Page, *points: tuple[float, float]) -> None:
    page.mouse.move(*place(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*place(page, *point), steps=4)
    page.mouse.up()


def draw(page: Page, x1: float, y1: float, x2: float, y2: float) -> None:
    page.keyboard.press("n")
    drag(page, (x1, y1), (x2, y2))


def saved(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved")


def only_track(server: TaskServer) -> dict:
    (track,) = server.tracks.values()
    return track


@pytest.mark.parametrize("source", ["webcodecs", "video"])
@pytest.mark.parametrize(
    ("name", "seeks", "steps"),
    [
        ("cfr", 20, 8),
        ("vfr", 20, 8),
        pytest.param("cfr", 200, 60, marks=pytest.mark.slow(seconds=30)),
        pytest.param("vfr", 200, 60, marks=pytest.mark.slow(seconds=30)),
    ],
)
def test_random_seeks_and_steps_show_exactly_the_frame_asked_for(
    page, clips, name, seeks, steps, source
):
    server = serve(clips[name])
    page.add_init_script(f"localStorage.setItem('custos.frame-source', '{source}')")
    try:
        opened(page, server)
        expect(page.locator("#workbench")).to_have_attribute("data-frames", source)
        generator = random.Random(7)
        wrong = []
        for frame in [generator.randrange(LAST + 1) for _ in range(seeks)]:
            go(page, frame)
            if (seen := page.evaluate(READ_BARS, [640, 360])) != frame:
                wrong.append((frame, seen))
        go(page, 90)
        # as many steps forward as back
        turn = 90 + steps
        for key, frames in (("f", range(91, turn + 1)), ("d", range(turn - 1, 89, -1))):
            for frame in frames:
                page.keyboard.press(key)
                shown(page, frame)
                if (seen := page.evaluate(READ_BARS, [640, 360])) != frame:
                    wrong.append((frame, seen))
        assert wrong == []
    finally:
        server.close()


def test_a_browser_without_webcodecs_is_given_the_other_source(page, server):
    page.add_init_script("delete window.VideoDecoder")
    opened(page, server, 77)
    expect(page.locator("#workbench")).to_have_attribute("data-frames", "video")
    assert page.evaluate(READ_BARS, [640, 360]) == 77


def test_a_frame_that_is_not_the_one_asked_for_is_refused_by_the_other_source(page, clips):
    clip = clips["cfr"]
    late = [
        tick + 12800 * 31 // 100 * (number > 80) for number, tick in enumerate(clip.index["ticks"])
    ]
    server = serve(bar_clips.BarClip(clip.data, clip.index | {"ticks": late}))
    page.add_init_script("localStorage.setItem('custos.frame-source', 'video')")
    try:
        opened(page, server, 77)
        page.evaluate("f => { const i = document.getElementById('frame'); i.value = f; "
                      "i.form.requestSubmit(); }", 85)  # fmt: skip
        expect(page.get_by_role("alert")).to_contain_text(
            "did not show exactly the frame", timeout=20_000
        )
        expect(page.locator("#picture")).to_have_attribute("data-frame", "77")
    finally:
        server.close()


def test_a_browser_with_neither_source_is_told_why(page, server):
    page.add_init_script("delete window.VideoDecoder; delete window.MediaSource")
    page.goto(server.url)
    expect(page.get_by_role("alert")).to_contain_text("can’t be shown exactly here")


def test_padding_of_the_decoded_picture_is_not_shown(page, clips):
    clip = clips["cfr"]
    server = serve(bar_clips.BarClip(clip.data, clip.index | {"width": 601, "height": 333}))
    try:
        opened(page, server, 77)
        assert page.evaluate(READ_BARS, [601, 333]) == 77
    finally:
        server.close()


def test_playing_runs_to_the_end_of_the_task_and_shows_each_frame_rightly(page, clips):
    server = serve(clips["cfr"], first=150, last=174)
    try:
        opened(page, server, 150)
        page.keyboard.press("Space")
        shown(page, 174)
        assert page.evaluate(READ_BARS, [640, 360]) == 174
        expect(page.get_by_role("button", name="Play (Space)")).to_be_visible()
        # The task is one GOP: no receipt for any other.
        assert {path for _, path, _ in server.log if "/gops/" in path} == {"/gops/6"}
    finally:
        server.close()


def test_a_gop_is_fetched_once_however_often_it_is_looked_at(page, server):
    opened(page, server, 5)
    for frame in (8, 3, 10, 2):
        go(page, frame)
    asked = [path for _, path, _ in server.log if "/gops/" in path]
    assert asked == ["/gops/0"]


def test_a_box_is_drawn_moved_and_interpolated_and_the_server_has_it(page, server):
    opened(page, server, 30)
    draw(page, 120, 150, 180, 230)
    go(page, 80)
    drag(page, (150, 190), (200, 190), (250, 190))
    saved(page)
    track = only_track(server)
    assert track["label"] == "person"
    assert track["attributes"] == {"posture": "standing", "carrying": "nothing"}
    (first, second) = track["keyframes"]
    assert (first[0], first[1], second[0], second[1]) == (30, 0, 80, 0)
    assert first[2] == pytest.approx([120, 150, 180, 230], abs=1)
    assert second[2] == pytest.approx([220, 150, 280, 230], abs=1.5)
    go(page, 55)
    expect(page.locator("#detail")).to_contain_text("interpolated")
    expect(page.locator("#detail .xywh dd").first).to_have_text(re.compile(r"^1(69|70|71), "))


def test_a_handle_resizes_and_undo_takes_it_back_in_one_step(page, server):
    opened(page, server)
    draw(page, 100, 150, 200, 250)
    drag(page, (200, 250), (230, 270), (260, 290))
    saved(page)
    assert only_track(server)["keyframes"][0][2] == pytest.approx([100, 150, 260, 290], abs=1.5)
    page.keyboard.press("Control+z")
    saved(page)
    assert only_track(server)["keyframes"][0][2] == pytest.approx([100, 150, 200, 250], abs=1.5)
    page.keyboard.press("Control+y")
    saved(page)
    assert only_track(server)["keyframes"][0][2] == pytest.approx([100, 150, 260, 290], abs=1.5)


def test_everything_is_done_by_keyboard_alone(page, server):
    opened(page, server, 10)
    page.locator("#main").focus()
    for key in ("2", "n", "Enter"):
        page.keyboard.press(key)
    saved(page)
    x1, y1, x2, y2 = only_track(server)["keyframes"][0][2]
    for key in ("Shift+ArrowRight", "ArrowDown", "Alt+ArrowLeft", "Alt+Shift+ArrowDown"):
        page.keyboard.press(key)
    for _ in range(4):
        page.keyboard.press("v")
    shown(page, 50)
    page.keyboard.press("q")
    page.keyboard.press("v")
    shown(page, 60)
    page.keyboard.press("o")
    saved(page)
    track = only_track(server)
    box = [x1 + 10, y1 + 1, x2 + 9, y2 + 11]
    assert track["label"] == "car"
    assert [keyframe[:2] for keyframe in track["keyframes"]] == [[10, 0], [50, 2], [60, 3]]
    assert track["keyframes"][0][2] == pytest.approx(box)
    page.keyboard.press("e")
    shown(page, 50)
    page.keyboard.press("k")
    saved(page)
    assert [keyframe[0] for keyframe in only_track(server)["keyframes"]] == [10, 60]
    page.keyboard.press("Delete")
    saved(page)
    assert server.tracks == {}


def test_digits_set_attributes_and_a_mutable_one_from_this_frame_on(page, server):
    opened(page, server, 10)
    draw(page, 100, 150, 200, 250)
    go(page, 40)
    page.keyboard.press("2")
    page.keyboard.press("Shift+Digit3")
    page.get_by_label("Uniform").check()
    saved(page)
    assert only_track(server)["attributes"] == {
        "posture": [[10, "standing"], [40, "walking"]],
        "carrying": "box",
        "uniform": True,
    }


def test_split_and_merge_keep_what_was_drawn(page, server):
    opened(page, server, 0)
    draw(page, 100, 150, 200, 250)
    go(page, 20)
    page.keyboard.press("Alt+m")
    saved(page)
    assert len(server.tracks) == 2
    page.locator("#objects").get_by_role("button", name="1 person").click()
    page.keyboard.press("m")
    page.mouse.click(*place(page, 150, 200))
    saved(page)
    assert [keyframe[:2] for keyframe in only_track(server)["keyframes"]] == [[0, 0], [20, 0]]


def test_a_locked_track_can_not_be_moved_and_a_hidden_one_not_be_hit(page, server):
    opened(page, server)
    draw(page, 100, 150, 200, 250)
    saved(page)
    before = only_track(server)
    page.keyboard.press("l")
    drag(page, (150, 200), (300, 200))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("l")
    page.keyboard.press("h")
    page.keyboard.press("Escape")
    page.mouse.click(*place(page, 150, 200))
    expect(page.locator("#detail h2")).to_have_text("Nothing selected")
    saved(page)
    assert only_track(server) == before


def test_saving_waits_for_a_server_that_is_away_and_then_goes_on(open_page, server):
    page = open_page(expected=("503",))
    opened(page, server)
    server.down = True
    draw(page, 100, 150, 200, 250)
    page.keyboard.press("Control+s")
    expect(page.locator("#saved")).to_have_attribute("data-state", "failed")
    expect(page.get_by_role("alert")).to_contain_text("Your changes are not saved.")
    server.down = False
    page.get_by_role("button", name="Save now").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved")
    expect(page.get_by_text("Your changes are not saved.")).to_have_count(0)
    assert len(server.tracks) == 1


def test_a_refused_change_says_why_and_is_saved_once_it_is_changed(open_page, server):
    page = open_page(expected=("400",))
    opened(page, server)
    server.refusal = "The shape reaches beyond the picture."
    draw(page, 100, 150, 200, 250)
    page.keyboard.press("Control+s")
    expect(page.get_by_role("alert")).to_contain_text("The shape reaches beyond the picture.")
    server.refusal = None
    page.keyboard.press("ArrowRight")
    saved(page)
    assert len(server.tracks) == 1


def test_a_lost_lease_ends_editing_and_the_work_is_offered_again(open_page, server):
    page = open_page(expected=("409",))
    opened(page, server)
    server.lost = True
    draw(page, 100, 150, 200, 250)
    page.keyboard.press("Control+s")
    note = page.locator("#notes")
    expect(note).to_contain_text("This task is no longer yours.")
    expect(note).to_contain_text("went to someone else at 14:47")
    expect(note).to_contain_text("1 changed track that was not saved is kept in this browser.")
    page.keyboard.press("n")
    expect(page.locator("#main")).to_have_attribute("data-tool", "select")
    # given the task again, what was kept is taken over
    server.lost = False
    page.reload()
    page.get_by_role("button", name="Take them over").click()
    saved(page)
    assert len(server.tracks) == 1


def test_two_windows_on_one_task_do_not_overwrite_each_other(open_page, server):
    one, two = opened(open_page(), server), None
    draw(one, 100, 150, 200, 250)
    saved(one)
    two = opened(open_page(expected=("409",)), server)
    one.keyboard.press("ArrowRight")
    saved(one)
    two.locator("#objects").get_by_role("button", name="1 person").click()
    two.locator("#main").press("ArrowDown")
    two.keyboard.press("Control+s")
    expect(two.get_by_role("alert")).to_contain_text("open in another window too")
    assert only_track(server)["keyframes"][0][2] == pytest.approx([101, 150, 201, 250], abs=1)


def test_a_second_window_looks_on_and_may_take_the_work_over(page, server):
    opened(page, server)
    second = opened(page.context.new_page(), server)
    expect(second.get_by_role("alert")).to_contain_text("open in another window")
    second.keyboard.press("n")
    expect(second.locator("#main")).to_have_attribute("data-tool", "select")
    # the first goes on, and what it has not saved yet is saved before the work is given away
    draw(page, 100, 150, 200, 250)
    second.get_by_role("button", name="Work here instead").click()
    expect(page.locator("#notes")).to_contain_text("in another window now")
    expect(second.locator("#objects").get_by_role("button", name="1 person")).to_be_visible()
    assert len(server.tracks) == 1
    page.keyboard.press("n")
    expect(page.locator("#main")).to_have_attribute("data-tool", "select")
    second.keyboard.press("n")
    expect(second.locator("#main")).to_have_attribute("data-tool", "box")


def test_a_deletion_is_undone_after_a_reload(page, server):
    opened(page, server)
    draw(page, 100, 150, 200, 250)
    saved(page)
    before = only_track(server)
    page.keyboard.press("Delete")
    saved(page)
    assert server.tracks == {}
    page.reload()
    shown(page, 0)
    page.get_by_role("button", name="Undo").click()
    saved(page)
    assert only_track(server) == before


def test_what_changed_elsewhere_since_is_not_undone(page, server):
    opened(page, server)
    draw(page, 100, 150, 200, 250)
    saved(page)
    key, track = next(iter(server.tracks.items()))
    server.tracks[key] = {**track, "label": "car", "attributes": {}}
    page.reload()
    shown(page, 0)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_single_keys_stay_out_of_text_and_can_be_switched_off(page, server):
    opened(page, server)
    page.locator("#frame").click()
    page.keyboard.press("n")
    expect(page.locator("#main")).to_have_attribute("data-tool", "select")
    page.keyboard.press("F1")
    page.get_by_label("Keys without Ctrl or Alt are on").uncheck()
    page.keyboard.press("Escape")
    page.locator("#main").focus()
    page.keyboard.press("n")
    expect(page.locator("#main")).to_have_attribute("data-tool", "select")


def test_the_page_does_not_scroll_sideways_at_any_width(open_page, server):
    for width in (1440, 1180, 768, 390):
        page = opened(open_page(width, 900), server)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
