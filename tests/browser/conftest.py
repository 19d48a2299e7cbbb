"""A real Chromium. What `listener` hears of - errors, breaches, strays - fails the test."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.furnished import House
from tests.browser.listener import listen
from tests.cast import Cast
from tests.furnished import Furnished

STRICT = os.environ.get("CUSTOS_STRICT") == "1"
#: The first that is there. The shell without windows is the same engine, in half the time.
NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic",
]  # fmt: skip
# Playwright's synchronous interface runs an event loop in this thread; the ORM calls of tests
# beside it are synchronous and safe.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def _chromium() -> str:
    named = os.environ.get("CUSTOS_CHROMIUM")
    names = [named] if named else NAMES
    for name in names:
        if path := shutil.which(name):
            return path
    message = "needs Chromium (CUSTOS_CHROMIUM, or `chromium-headless-shell` on the PATH)"
    if STRICT:
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = _chromium()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages of a given size; `expected` are console errors that the test provokes."""
    contexts: list[tuple[BrowserContext, list[str], tuple[str, ...]]] = []

    def open_one(width: int = 1440, height: int = 900, *, expected: tuple[str, ...] = (),
                 **options: Any) -> Page:  # fmt: skip
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(20_000)
        errors: list[str] = []
        contexts.append((context, errors, expected))
        listen(context, errors.append)
        return context.new_page()

    yield open_one
    for context, _, _ in contexts:
        context.close()
    for _, errors, expected in contexts:
        unexpected = [e for e in errors if not any(part in e for part in expected)]
        assert not unexpected, unexpected


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


@pytest.fixture(scope="module")
def cast_here(furnished_here: Furnished) -> Cast:
    """Whom the server serves."""
    return furnished_here.cast


@pytest.fixture(scope="module")
def house(furnished_here: Furnished) -> House:
    """What they have there."""
    return furnished_here.house
