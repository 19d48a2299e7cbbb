"""Every page that the people are led to: no finding of axe in either theme, wide and narrow.

Also no sideways scroll; and, as in every test here, no breach of the content policy and no
request that leaves the origin.
"""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from tests.api.intake.conftest import cast_here, server  # noqa: F401 - fixtures
from tests.architecture.test_links import PEOPLE, crawl, shape
from tests.browser.furnished import furnish
from tests.browser.test_portal import AXE, enter, needs_axe
from tests.cast import Cast, sign_in

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
HEIGHT = 900
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


def pages_of(person, first: str = "/") -> dict[str, str]:
    """Give one address of each kind of page that a person is led to, by its kind."""
    client = Noting()
    if person is not None:
        sign_in(client, person)
    crawl(client, first)
    return {shape(address): address for address in reversed(client.pages)}


def without_filters(pages: dict[str, str]) -> dict[str, str]:
    """Keep one of those that only ask the same page for other rows."""
    return {
        kind.partition("?")[0]: address for kind, address in sorted(pages.items(), reverse=True)
    }


@pytest.fixture(scope="module")
def furnished(cast_here, tmp_path_factory: pytest.TempPathFactory) -> Cast:  # noqa: F811
    settings.OBJECT_STORE_FOLDER = tmp_path_factory.mktemp("store")
    furnish(cast_here, tmp_path_factory.mktemp("clip"))
    return cast_here


@pytest.fixture(scope="module", autouse=True)
def store_folder():
    """One object store for the module."""
    before = settings.OBJECT_STORE_FOLDER
    yield
    settings.OBJECT_STORE_FOLDER = before


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
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            wrong.append(f"needs {needed} px of {width}")
    return [f"{address} {line}" for line in wrong]


def walk(open_page, server: str, person, pages: list[str], looks) -> list[str]:  # noqa: F811
    page, wrong = open_page(reduced_motion="reduce"), []
    if person is not None:
        enter(page, server, person)
    for path in pages:
        wrong += look_at(page, f"{server}{path}", looks)
    return wrong


@pytest.fixture(scope="module")
def led_to(furnished) -> dict[str, list[str]]:
    """The pages of each of the five kinds of people; what two are led to is the first one's."""
    seen: set[str] = set()
    found: dict[str, list[str]] = {}
    for name in FIVE_KINDS:
        pages = without_filters(pages_of(getattr(furnished, name)))
        found[name] = [path for kind, path in pages.items() if kind not in seen]
        seen.update(pages)
    return found


def test_the_people_are_led_to_many_pages(led_to):
    assert all(led_to.values())
    assert sum(len(pages) for pages in led_to.values()) > MANY


@pytest.mark.parametrize("name", FIVE_KINDS)
def test_every_page_of_the_five_kinds_of_people(name, open_page, server, furnished, led_to):  # noqa: F811
    needs_axe()
    assert walk(open_page, server, getattr(furnished, name), led_to[name], EACH_ONCE) == []


def test_every_page_before_a_sign_in(open_page, server, furnished):  # noqa: F811
    needs_axe()
    pages = pages_of(None, "/accounts/login/") | pages_of(None, "/apply")
    assert walk(open_page, server, None, list(pages.values()), ALL_FOUR) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", PEOPLE)
def test_every_page_of_everybody(name, open_page, server, furnished):  # noqa: F811
    needs_axe()
    person = getattr(furnished, name)
    pages = list(pages_of(person).values())
    assert walk(open_page, server, person, pages, ALL_FOUR) == []
