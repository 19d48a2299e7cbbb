"""A version that is being built: its page shows by itself what became of it."""

import re

import pytest
from playwright.sync_api import expect

from core.clock import now
from core.tenancy.scope import scope
from tests.api.intake.conftest import server  # noqa: F401 - fixture
from tests.browser.test_portal import accessible, enter
from workforce.delivery.models import Release

# WhiteNoise hands Django synchronous iterators over files that ASGI closes late.
pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

#: Milliseconds in which it asks once.
ROUND = 4_100


@pytest.fixture(scope="module")
def cast_here(furnished_here):
    """Whom the server serves."""
    return furnished_here.cast


@pytest.fixture
def release(furnished_here):
    """Version 3 of the furnished house, as ordered."""
    harbour = furnished_here.cast.harbour
    with scope(harbour.id):
        before = Release.objects.get(id=furnished_here.house.ready_release)
        made = Release.objects.create(
            tenant=harbour, project_id=before.project_id, number=3, formats=["coco"],
            state=Release.State.BUILDING, clips=before.clips,
        )  # fmt: skip
    yield made
    with scope(harbour.id):
        made.delete()


def become(release, **fields):
    with scope(release.tenant_id):
        Release.objects.filter(id=release.id).update(**fields)


def test_the_page_asks_while_it_is_built_and_shows_what_became_of_it(
    page, server, cast_here, release  # noqa: F811
):  # fmt: skip
    asked = []
    page.on("request", lambda r: asked.append(r.url) if "/api/v1/" in r.url else None)
    enter(page, server, cast_here.clara)
    page.clock.install()
    page.goto(f"{server}/t/harbour/releases/{release.id}")
    expect(page.locator("h1")).to_have_text("Version 3 is being built.")
    accessible(page)
    mark = page.evaluate("window.here = true")
    with page.expect_response(re.compile("/api/v1/t/harbour/releases/")):
        page.clock.run_for(ROUND)
    expect(page.locator("h1")).to_have_text("Version 3 is being built.")

    become(release, state=Release.State.READY, ready_at=now())
    page.clock.run_for(ROUND)
    expect(page.locator("h1")).to_have_text("Version 3 waits for a decision.")
    expect(page.get_by_role("status")).to_have_text(["Version 3 waits for a decision."])
    assert page.evaluate("window.here") is mark, "the page itself stayed"
    before = len(asked)
    page.clock.run_for(3 * ROUND)
    assert len(asked) == before, "it asks no more"
    page.get_by_role("button", name="Accept version 3").first.click()
    expect(page.get_by_role("dialog", name="Accept version 3")).to_be_visible()


def test_after_a_sign_out_elsewhere_it_asks_no_more(open_page, server, cast_here, release):  # noqa: F811
    page, asked = open_page(expected=("401 (Unauthorized)",)), []
    page.on("request", lambda r: asked.append(r.url) if "/api/v1/" in r.url else None)
    enter(page, server, cast_here.clara)
    page.clock.install()
    page.goto(f"{server}/t/harbour/releases/{release.id}")
    page.context.clear_cookies()
    with page.expect_response(re.compile("/api/v1/t/harbour/releases/")) as answer:
        page.clock.run_for(ROUND)
    assert answer.value.status == 401
    page.clock.run_for(3 * ROUND)
    assert len(asked) == 1
    expect(page.locator("h1")).to_have_text("Version 3 is being built.")
