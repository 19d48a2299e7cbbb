"""Whatever a page links to opens for whom it is shown, from each person's first page on."""

import re
from collections import deque
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from django.test import Client

from tests.cast import sign_in

#: Pages of one shape (another cursor, another id) are visited so often: enough for each state that
#: the house holds. Of those that a query narrows or orders, one is like the other.
TIMES, NARROWED = 2, 1
#: A safeguard: nobody's part of the house has so many kinds of pages.
MOST = 400
IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Links(HTMLParser):
    """Addresses that a page offers: links, pictures, scripts, forms that read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        address = given.get("href") or given.get("src")
        if address and tag in {"a", "link", "img", "script"}:
            self.found.append(address)


def links_of(response) -> list[str]:
    if not response.get("Content-Type", "").startswith("text/html"):
        return []
    parser = Links()
    parser.feed(response.content.decode())
    return parser.found


def shape(address: str) -> str:
    parts = urlsplit(address)
    names = "&".join(sorted(pair.partition("=")[0] for pair in parts.query.split("&")))
    return f"{re.sub(r'/[0-9]+', '/n', IDENTIFIER.sub('id', parts.path))}?{names}"


def crawl(client: Client, first: str, *, kind=shape) -> tuple[list[str], list[str]]:
    """Follow each link once; give the addresses seen and a line for each that does not open.

    kind: names the kind of page that an address leads to.
    """
    waiting, seen, shapes, broken = deque([(first, "the start")]), set(), {}, []
    while waiting and len(seen) < MOST:
        address, source = waiting.popleft()
        here = kind(address)
        most = NARROWED if "?" in address else TIMES
        if address in seen or shapes.get(here, 0) >= most:
            continue
        seen.add(address)
        shapes[here] = shapes.get(here, 0) + 1
        response = client.get(address)
        if response.status_code >= 400:
            broken.append(f"{response.status_code} {address} from {source}")
        place = response.get("Location") if 300 <= response.status_code < 400 else None
        for link in [place] if place else links_of(response):
            whole = urldefrag(urljoin(address, link)).url
            if whole.startswith("/"):
                waiting.append((whole, address))
        response.close()
    return sorted(seen), broken


PEOPLE = ["olga", "arthur", "clara", "umar", "vera", "mila", "nora", "anna", "amir", "rita", "sam"]


def test_every_link_of_every_page_opens_for_whom_it_is_shown(furnished):
    visited, wrong = {}, []
    for name in PEOPLE:
        client = Client(raise_request_exception=False)
        sign_in(client, getattr(furnished.cast, name))
        visited[name], broken = crawl(client, "/")
        wrong += [f"{name}: {line}" for line in broken]
    assert wrong == []
    # The crawl itself works: a client's admin is led to far more than the pages of the rail.
    assert len(visited["clara"]) > 30
    assert not set(visited["mila"]) & {a for a in visited["clara"] if "/t/" in a}


@pytest.mark.parametrize("page", ["accounts/login/", "apply"])
def test_every_link_before_a_sign_in_opens(db, page):
    _, broken = crawl(Client(raise_request_exception=False), f"/{page}")
    assert broken == []
