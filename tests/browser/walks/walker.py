"""A person at a browser of their own, who uses pages only; each step is seen at two widths."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.authenticator import with_authenticator
from tests.browser.listener import listen

WIDE, PHONE = (1440, 900), (390, 844)
#: Seconds until a clip is prepared, a copy redacted, a release built; few on an idle machine.
PATIENCE = 240
#: What reaches over the right edge, each as it is written in the page.
OUTSIDE = """width => [...document.querySelectorAll("main *, .topbar *")]
    .filter(element => element.getBoundingClientRect().right > width)
    .map(element => element.cloneNode().outerHTML)"""


@dataclass
class House:
    """A running portal, and where pictures of each step go (None: nowhere)."""

    url: str
    browser: Browser
    #: The portal's data, beside which the walkers keep files of their own.
    data: Path
    pictures: Path | None = None
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    #: What a browser complained of, by who saw it; a step may expect some.
    errors: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)


class Walker:
    """Somebody with an e-mail address and a password, at a browser that nobody else uses."""

    def __init__(self, house: House, name: str, email: str, password: str) -> None:
        self.house, self.name, self.email, self.password = house, name, email, password
        width, height = WIDE
        self._context = house.browser.new_context(viewport={"width": width, "height": height})
        self._context.set_default_timeout(20_000)
        listen(self._context, self._noted)
        self.page = self._context.new_page()
        with_authenticator(self.page)

    def _noted(self, what: str) -> None:
        self.house.errors.append(f"{self.name}, {self.page.url}: {what}")

    def close(self) -> None:
        self._context.close()

    @contextmanager
    def step(self, what: str) -> Iterator[Page]:
        """One thing that the person does. Afterwards the page must fit a phone, and is pictured."""
        try:
            yield self.page
        except BaseException as error:
            error.add_note(f"in the step “{what}”, at {self.page.url}")
            self._picture(f"failed-{what}", WIDE)
            raise
        self.house.steps.append(what)
        expect(self.page.locator("h1").first).to_be_attached()
        stem = f"{next(self.house.numbers):02}-{what}"
        self._picture(stem, WIDE)
        self.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        out = self.page.evaluate(OUTSIDE, PHONE[0]) if wide > PHONE[0] else []
        self._picture(stem, PHONE)
        self.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        assert wide <= PHONE[0], f"“{what}” is {wide} px wide on a phone: {self.page.url}, {out}"

    def _picture(self, stem: str, size: tuple[int, int]) -> None:
        if self.house.pictures is None:
            return
        self.house.pictures.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")
        path = self.house.pictures / f"{name}-{size[0]}.png"
        self.page.screenshot(path=path, full_page=True)

    def go(self, path: str) -> None:
        """Type an address of the portal."""
        self.page.goto(self.house.url + path)

    def rail(self, label: str) -> None:
        """Choose a place in the rail."""
        rail = self.page.get_by_role("navigation", name="Main", exact=True)
        rail.get_by_role("link", name=label, exact=True).click()

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name).click()

    def follow(self, name: str) -> None:
        """Follow a link of the page itself."""
        self.page.get_by_role("main").get_by_role("link", name=name).first.click()

    def fill(self, **fields: str) -> None:
        """Fill in fields, by label with spaces for underscores."""
        for label, text in fields.items():
            self.page.get_by_label(label.replace("_", " ")).first.fill(text)

    def sees(self, *texts: str) -> None:
        """The page says so; it may take until a job is done."""
        for text in texts:
            found = self.page.get_by_role("main").get_by_text(text).filter(visible=True)
            expect(found.first).to_be_visible()

    def waits_for(self, text: str, *, times: int = 1) -> None:
        """Look again until the page says so, so many times."""
        found = self.page.get_by_role("main").get_by_text(text)
        for _ in range(PATIENCE):
            if found.count() == times:
                break
            self.page.wait_for_timeout(1000)
            self.page.reload()
        expect(found).to_have_count(times)

    def sign_in(self) -> None:
        """By address and password."""
        self.go("/")
        self.page.get_by_label("Email").fill(self.email)
        self.page.get_by_label("Password").fill(self.password)
        self.press("Continue")

    def join(self, link: str) -> None:
        """Take an invitation."""
        self.page.goto(link)
        self.fill(Your_name=self.name, Password=self.password)
        self.press("Join")

    def add_passkey(self) -> None:
        """Add a passkey where the page for it is open, and show it where that is asked."""
        expect(self.page.get_by_role("heading", name="Add a passkey")).to_be_visible()
        self.press("Make the passkey")
        codes = self.page.get_by_role("heading", name="Recovery codes")
        proof = self.page.get_by_role("button", name="Use a passkey")
        expect(codes.or_(proof)).to_be_visible()
        if proof.is_visible():
            proof.click()
        expect(codes).to_be_visible()

    def link_shown(self) -> str:
        """The invitation's link that the page shows once."""
        text = self.page.locator(".note .mono").first.inner_text()
        return text.strip()
