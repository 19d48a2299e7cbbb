"""Every page that the people are led to: no finding of axe in either theme, wide and narrow.

Also no sideways scroll, nothing cut at 200 % zoom, no motion where none is wanted; and, as in every
test here, no breach of the content policy and no request that leaves the origin.
"""

from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from playwright.sync_api import Page

from tests.api.intake.conftest import server  # noqa: F401 - fixture
from tests.architecture.test_links import PEOPLE, crawl, shape
from tests.browser.by_keyboard import CUT, MOVING, wrong_by_keyboard
from tests.browser.furnished import House
from tests.browser.test_pages import REPEATED, WALKS
from tests.browser.test_portal import AXE, enter, needs_axe
from tests.cast import sign_in

# WhiteNoise hands Django synchronous iterators over files that ASGI closes late.
pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

#: The operator, an auditor, a client's admin, a vendor's manager, an annotator and a reviewer.
FIVE_KINDS = ["olga", "arthur", "clara", "nora", "anna", "rita"]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}
HEIGHT, ZOOMED = 900, 720
#: Kinds of pages that these people have at least: else the crawl has found no way on.
MANY = 50
#: Both widths and both themes, of which colours are all that differs.
EACH_ONCE = [(1440, "light"), (390, "dark")]
ALL_FOUR = [*EACH_ONCE, (390, "light"), (1440, "dark")]


class Noting(Client):
    """A client that notes which addresses were pages."""

    def __init__(self) -> None:
        super().__init__(raise_request_exception=False)
        self.pages: list[str] = []

    def get(self, path, *args, **kwargs):
        response = super().get(path, *args, **kwargs)
        if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
            self.pages.append(path)
        return response


def pages_of(person, first: str = "/", *, kind=shape) -> dict[str, str]:
    """Give one address of each kind of page that a person is led to, by its kind."""
    client = Noting()
    if person is not None:
        sign_in(client, person)
    crawl(client, first, kind=kind)
    return {kind(address): address for address in reversed(client.pages)}


def route(address: str) -> str:
    """Name the kind of a page alike, whosever and whichever of its rows it shows."""
    try:
        return resolve(urlsplit(address).path).route
    except Resolver404:
        return address


def findings(page: Page, rules: dict) -> list[str]:
    found = page.evaluate("(rules) => axe.run(document, rules)", rules)
    return [f"{v['id']}: {v['nodes'][0]['html'][:140]}" for v in found["violations"]]


def look_at(page: Page, address: str, looks: list[tuple[int, str]]) -> list[str]:
    """Give a line for each thing that is wrong with a page. `looks`: widths and themes."""
    wrong: list[str] = []
    page.set_viewport_size({"width": looks[0][0], "height": HEIGHT})
    page.goto(address)
    page.evaluate(AXE.read_text() + "; undefined")
    for width, theme in looks:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=theme)
        found = page.evaluate("(rules) => axe.run(document, rules)", RULES)["violations"]
        wrong += [f"{width} {theme} {v['id']} {v['nodes'][0]['html'][:140]}" for v in found]
        wrong += too_wide(page, width)
    # 200 % zoom of a window of 1440 px.
    page.set_viewport_size({"width": ZOOMED, "height": HEIGHT})
    wrong += too_wide(page, ZOOMED)
    wrong += [f"cut at {ZOOMED}: {element}" for element in page.evaluate(CUT, ZOOMED)]
    wrong += [f"moves: {element}" for element in page.evaluate(MOVING)]
    return [f"{address} {line}" for line in wrong]


def too_wide(page: Page, width: int) -> list[str]:
    needed = page.evaluate("document.documentElement.scrollWidth")
    return [f"needs {needed} px of {width}"] if needed > width else []


def walk(open_page, server: str, person, pages: list[str], looks) -> list[str]:  # noqa: F811
    page, wrong = open_page(reduced_motion="reduce"), []
    if person is not None:
        enter(page, server, person)
    for path in pages:
        wrong += look_at(page, f"{server}{path}", looks)
    return wrong


@pytest.fixture(scope="module")
def kinds(cast_here) -> dict[str, dict[str, str]]:
    """The pages of each of the five kinds of people: an address of each kind of page."""
    return {name: pages_of(getattr(cast_here, name), kind=route) for name in FIVE_KINDS}


@pytest.fixture(scope="module")
def led_to(kinds) -> dict[str, list[str]]:
    """Whose page is looked at as whose: what two are led to is the first one's."""
    seen: set[str] = set()
    found: dict[str, list[str]] = {}
    for name, pages in kinds.items():
        found[name] = [path for kind, path in pages.items() if kind not in seen]
        seen.update(pages)
    return found


def test_the_people_are_led_to_many_pages(led_to):
    assert all(led_to.values())
    assert sum(len(pages) for pages in led_to.values()) > MANY


def test_the_pages_that_are_walked_for_pictures_are_among_them(kinds, furnished_here):
    """So that those walks of these people repeat what is held here, and are slow tests."""
    ids = {slot: getattr(furnished_here.house, slot) for slot in House.__slots__}
    assert REPEATED.issubset(FIVE_KINDS)
    looked_at = set().union(*kinds.values())
    missing = [
        f"{name}: {pattern}"
        for name in REPEATED
        for pattern in WALKS[name]
        if pattern != "/"  # which leads to their first page
        and route(pattern.format(**ids)) not in looked_at
    ]
    assert missing == []


@pytest.mark.parametrize("name", FIVE_KINDS)
def test_every_page_of_the_five_kinds_of_people(name, open_page, server, cast_here, led_to):  # noqa: F811
    needs_axe()
    assert walk(open_page, server, getattr(cast_here, name), led_to[name], EACH_ONCE) == []


#: Where the five kinds of people do their work.
MAIN_PAGES = {
    "olga": ["/operator/", "/operator/jobs"],
    "arthur": ["/t/harbour/log?limit=8", "/t/harbour/access-review"],
    "clara": ["/t/harbour/home", "/t/harbour/clips"],
    "nora": ["/t/northlight/board", "/t/northlight/people"],
    "anna": ["/t/northlight/work"],
}


@pytest.mark.parametrize("name", MAIN_PAGES)
def test_the_main_pages_by_keyboard_alone_in_forced_colours(name, open_page, server, cast_here):  # noqa: F811
    page = open_page(forced_colors="active")
    enter(page, server, getattr(cast_here, name))
    for path in MAIN_PAGES[name]:
        page.goto(f"{server}{path}")
        assert wrong_by_keyboard(page) == [], path


def test_every_page_before_a_sign_in(open_page, server, cast_here):  # noqa: F811
    needs_axe()
    pages = pages_of(None, "/accounts/login/") | pages_of(None, "/apply")
    assert walk(open_page, server, None, list(pages.values()), ALL_FOUR) == []


@pytest.mark.slow(seconds=90)
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PEOPLE)
def test_every_page_of_everybody(name, open_page, server, cast_here):  # noqa: F811
    needs_axe()
    person = getattr(cast_here, name)
    pages = list(pages_of(person, kind=route).values())
    assert walk(open_page, server, person, pages, ALL_FOUR) == []
