"""Polygons at the workbench: drawn, refused where they meet themselves, edited by point, moving."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import bar_clips
from tests.browser.test_workbench import drag, go, only_track, opened, place, saved, serve
from tests.browser.workbench_server import TaskServer
from workforce.labels.ontology import Ontology
from workforce.labels.tracks import Picture, read_track

CORNERS = [(100, 150), (200, 150), (220, 250), (100, 250)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bar_clips.BarClip:
    return bar_clips.make(tmp_path_factory.mktemp("bars"))


@pytest.fixture
def server(clip: bar_clips.BarClip) -> Iterator[TaskServer]:
    task = serve(clip)
    yield task
    task.close()


def click(page: Page, *points: tuple[float, float]) -> None:
    for point in points:
        page.mouse.click(*place(page, *point))


def centred(x: float, y: float) -> tuple[float, float]:
    """Where the fitted picture had what is at (x, y) once it is 0.8 of that, round its middle."""
    return 320 + (x - 320) * 0.8, 180 + (y - 180) * 0.8


def draw_polygon(page: Page, points: list[tuple[float, float]] = CORNERS) -> None:
    page.keyboard.press("p")
    click(page, *points)
    page.keyboard.press("Enter")


def outline(server: TaskServer, keyframe: int = 0) -> list[float]:
    """The polygon that the server has, held against the server's own rules."""
    track = only_track(server)
    ontology = Ontology.from_document(
        {"labels": [{"key": key, "name": key, "kinds": ["polygon"]} for key in ("person", "car")]}
    )
    read_track({**track, "attributes": {}}, ontology=ontology, picture=Picture(640, 360, 0, 199))
    return track["keyframes"][keyframe][2]


def flat(*points: tuple[float, float]) -> object:
    return pytest.approx([value for point in points for value in point], abs=1)


def test_a_polygon_is_clicked_closed_and_stored_as_it_was_drawn(page, server):
    opened(page, server, 30)
    draw_polygon(page)
    saved(page)
    assert (only_track(server)["kind"], only_track(server)["keyframes"][0][0]) == ("polygon", 30)
    assert outline(server) == flat(*CORNERS)
    expect(page.locator("#detail")).to_contain_text("4 points")
    expect(page.locator("#main")).to_have_attribute("data-tool", "select")
    page.reload()
    page.locator("#objects").get_by_role("button", name="1 person").click()
    expect(page.locator("#detail")).to_contain_text("Outline")


@pytest.mark.parametrize("way", ["double click", "first point"])
def test_a_double_click_or_the_first_point_closes_it(page, server, way):
    opened(page, server)
    page.keyboard.press("p")
    click(page, *CORNERS[:3])
    if way == "first point":
        click(page, CORNERS[3], CORNERS[0])
    else:
        page.mouse.dblclick(*place(page, *CORNERS[3]))
    saved(page)
    assert outline(server) == flat(*CORNERS)


def test_backspace_takes_the_last_point_back_and_escape_drops_the_outline(page, server):
    opened(page, server)
    page.keyboard.press("p")
    click(page, *CORNERS[:3], (400, 300))
    page.keyboard.press("Backspace")
    click(page, CORNERS[3])
    page.keyboard.press("Enter")
    saved(page)
    assert outline(server) == flat(*CORNERS)
    page.keyboard.press("p")
    click(page, (400, 100), (500, 100), (450, 200))
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    saved(page)
    assert len(server.tracks) == 1


def test_too_few_points_a_crossing_line_and_points_outside_are_told(page, server):
    opened(page, server)
    hint = page.locator("#hint")
    page.keyboard.press("p")
    click(page, (100, 150), (200, 150))
    page.keyboard.press("Enter")
    expect(hint).to_contain_text("1 point more")
    click(page, (200, 250), (150, 100))
    expect(hint).to_contain_text("can’t cross or touch itself")
    page.keyboard.press("-")
    click(page, centred(-10, 250))
    expect(hint).to_contain_text("outside the picture")
    page.keyboard.press("Enter")
    saved(page)
    assert outline(server) == flat((100, 150), (200, 150), (200, 250), (0, 250))


def test_points_are_dragged_pulled_out_of_a_side_and_deleted(page, server):
    opened(page, server)
    draw_polygon(page)
    drag(page, (220, 250), (240, 270), (260, 300))
    drag(page, (150, 150), (150, 140), (150, 120))
    saved(page)
    bent = [(100, 150), (150, 120), (200, 150), (260, 300), (100, 250)]
    assert outline(server) == flat(*bent)
    click(page, (200, 150))
    page.keyboard.press("Delete")
    saved(page)
    assert outline(server) == flat(*bent[:2], *bent[3:])
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    saved(page)
    assert outline(server) == flat(*CORNERS[:2], (260, 300), CORNERS[3])


def test_a_point_stops_where_the_outline_would_cross_itself(page, server):
    opened(page, server)
    draw_polygon(page)
    drag(page, (200, 150), (180, 220), (150, 300))
    expect(page.locator("#hint")).to_contain_text("can’t cross or touch itself")
    saved(page)
    assert outline(server)[4:] == flat(*CORNERS[2:])


def test_a_polygon_moves_point_by_point_between_keyframes_and_a_new_point_keeps_the_motion(
    page, server
):
    opened(page, server, 0)
    draw_polygon(page)
    go(page, 40)
    drag(page, (150, 200), (200, 200), (250, 200))
    go(page, 20)
    expect(page.locator("#detail .xywh dd").first).to_contain_text("150, 150")
    go(page, 40)
    drag(page, (250, 150), (250, 140), (250, 130))
    saved(page)
    assert outline(server, 0) == flat(CORNERS[0], (150, 150), *CORNERS[1:])
    assert outline(server, 1) == flat((200, 150), (250, 130), (300, 150), (320, 250), (200, 250))
    page.keyboard.press("Delete")
    expect(page.locator("#hint")).to_contain_text("4 points here, 5 at the keyframe before")


def test_a_polygon_is_drawn_and_shaped_by_keyboard_alone(page, server):
    opened(page, server)
    page.locator("#main").focus()
    for key in ("p", "Enter"):
        page.keyboard.press(key)
    saved(page)
    drawn = outline(server)
    for key in ("Shift+ArrowRight", ".", ".", "Shift+ArrowUp", "i", "ArrowRight", "Escape"):
        page.keyboard.press(key)
    saved(page)
    (x1, y1, x2, y2, x3, y3, x4, y4) = drawn
    side = (x2 + 10 + (x3 - x2) / 2 + 1, (y2 - 10 + y3) / 2)
    assert outline(server) == flat(
        (x1 + 10, y1), (x2 + 10, y2 - 10), side, (x3 + 10, y3), (x4 + 10, y4)
    )
    page.keyboard.press("Delete")
    saved(page)
    assert server.tracks == {}


def test_n_draws_the_same_again_and_shift_n_draws_the_selected_object_anew(page, server):
    opened(page, server)
    draw_polygon(page)
    go(page, 50)
    page.keyboard.press("Shift+n")
    click(page, (300, 150), (400, 150), (350, 250))
    page.keyboard.press("Enter")
    saved(page)
    assert [keyframe[0] for keyframe in only_track(server)["keyframes"]] == [0, 50]
    assert outline(server, 1) == flat((300, 150), (400, 150), (350, 250))
    page.keyboard.press("n")
    expect(page.locator("#main")).to_have_attribute("data-tool", "polygon")


def test_a_click_beside_the_outline_but_within_its_box_selects_what_is_there(page, server):
    opened(page, server)
    draw_polygon(page, [(100, 150), (300, 150), (100, 300)])
    page.keyboard.press("b")
    drag(page, (240, 240), (300, 300))
    page.keyboard.press("Escape")
    click(page, (250, 250))
    expect(page.locator("#detail h2")).to_have_text("Person 2")
    click(page, (120, 170))
    expect(page.locator("#detail h2")).to_have_text("Person 1")
