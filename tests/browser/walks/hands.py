"""What a pair of hands does in the workbench and on the masks' page."""

from playwright.sync_api import Page, expect

from core.demo.scene import HEIGHT, WIDTH

Point = tuple[float, float]


def shown(page: Page, frame: int) -> None:
    """The picture of that frame is there."""
    page.locator(f'#picture[data-frame="{frame}"]').wait_for(state="attached")


def draw_box(page: Page, corner: Point, opposite: Point) -> None:
    """Draw a box in the picture, given in pixels of the footage."""
    page.keyboard.press("n")
    page.mouse.move(*_place(page, corner))
    page.mouse.down()
    page.mouse.move(*_place(page, opposite), steps=4)
    page.mouse.up()


def go_to(page: Page, frame: int) -> None:
    """Type a frame's number."""
    page.get_by_role("textbox", name="Frame", exact=True).fill(str(frame))
    page.keyboard.press("Enter")
    shown(page, frame)


def look_at_suspects(page: Page) -> None:
    """Tick each frame that the masks' page asks one to look at, once its picture is painted."""
    rows = page.locator("#suspects > li")
    for row in range(rows.count()):
        rows.nth(row).scroll_into_view_if_needed()
        expect(rows.nth(row)).to_have_attribute("data-painted", "")
        page.keyboard.press("c")


def _place(page: Page, point: Point) -> Point:
    """Where a point of the footage is on the page, with the whole picture shown."""
    box = page.locator("#main").bounding_box()
    assert box is not None
    scale = min(box["width"] / WIDTH, box["height"] / HEIGHT)
    left = box["x"] + (box["width"] - WIDTH * scale) / 2
    top = box["y"] + (box["height"] - HEIGHT * scale) / 2
    return left + point[0] * scale, top + point[1] * scale
