"""The reviewer's workbench: locked labels, comments by key, corrections, the verdict."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from playwright.sync_api import Page, expect

from tests.browser import bar_clips
from tests.browser.test_workbench import opened, shown
from tests.browser.workbench_server import TaskServer, task_page
from workforce.quality.reasons import STANDARD

WALKER = {
    "id": "11111111-0000-4000-8000-000000000001", "label": "person", "kind": "box",
    "attributes": {}, "keyframes": [[0, 0, [100, 100, 160, 200]], [40, 1, [100, 100, 160, 200]]],
}  # fmt: skip
CAR = {
    "id": "11111111-0000-4000-8000-000000000002", "label": "car", "kind": "box",
    "attributes": {}, "keyframes": [[20, 0, [300, 150, 420, 230]]],
}  # fmt: skip
FORMER = {**WALKER, "keyframes": [[0, 0, [60, 100, 120, 200]]]}
CHANGES = [
    {"id": WALKER["id"], "change": "changed", "what": ["moved"], "first": 0, "last": 40,
     "before": FORMER},
    {"id": CAR["id"], "change": "added", "what": [], "first": 20, "last": 49, "before": None},
]  # fmt: skip


class ReviewServer(TaskServer):
    """A task that came round a second time; takes the verdict."""

    def _labels(self, method: str, path: str, body: Any) -> tuple[int, str, bytes]:
        if path == "/changes":
            return 200, "application/json", json.dumps({"results": CHANGES, "next": None}).encode()
        if path == "/review" and not self.lost:
            return 201, "application/json", b"{}"
        return super()._labels(method, path, body)

    @property
    def verdict(self) -> dict[str, Any]:
        (body,) = [body for method, path, body in self.log if path == "/review"]
        return body


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bar_clips.BarClip:
    return bar_clips.make(tmp_path_factory.mktemp("bars"), frames=50)


@pytest.fixture
def server(clip: bar_clips.BarClip) -> Iterator[ReviewServer]:
    page = task_page(0, 49)
    page["urls"]["review"] = "/review"
    page["next"] = {"lease": "/lease", "work": "review", "why": "/home?why=review"}
    page["review"] = {
        "standard": [{"kind": kind, "text": text} for kind, text in STANDARD.items()],
        "earlier": [{"frame": 30, "track": None, "text": "A car is missing.",
                     "outcome": "send_back", "by": "review"}],
        "rounds": 2, "correctable": True, "changes": "/changes",
    }  # fmt: skip
    lot = SimpleNamespace(
        severity="normal", sample_size=8, size=40, nonconforming=1, acceptance_number=1
    )
    sampled = SimpleNamespace(
        why="Sample of lot 4", text="The lot passes with at most 1 of 8 not right.", lot=lot,
        looked_at=3,
    )  # fmt: skip
    context = {
        "page": page, "sampled": sampled, "title": "Review: Gate 3 inbound",
        "subtitle": "Boxes · frames 0–49",
    }  # fmt: skip
    html = render_to_string("workbench/review.html", context, request=RequestFactory().get("/"))
    task = ReviewServer(clip, html)
    task.tracks = {track["id"]: track for track in (WALKER, CAR)}
    task.revisions = {track["id"]: 1 for track in (WALKER, CAR)}
    yield task
    task.close()


def test_objects_and_comments_are_walked_and_it_is_sent_back_by_keys_alone(
    page: Page, server: ReviewServer
) -> None:
    opened(page, server)
    expect(page.locator("#changes-count")).to_have_text("1 added, 1 changed")
    press = page.keyboard.press
    page.locator("#main").focus()
    press("n")
    press("1")
    expect(page.locator("#reasons")).to_contain_text("Frame 0, person 1")
    press("n")
    shown(page, 20)
    press("i")
    page.keyboard.type("Its shadow is in the box.")
    press("Enter")
    press("Shift+n")
    shown(page, 30)
    press("Shift+p")
    shown(page, 20)
    press("Delete")
    expect(page.locator("#reasons li")).to_have_count(1)
    page.reload()
    shown(page, 0)
    expect(page.locator("#reasons li")).to_have_count(1)
    page.locator("#main").focus()
    press("ArrowRight")
    press("b")
    expect(page.locator("#verdict-list")).to_contain_text("Shape does not fit")
    press("Enter")
    expect(page.locator("#notes")).to_contain_text("Sent back.")
    assert server.verdict == {
        "token": 7, "outcome": "send_back",
        "reasons": [{"frame": 0, "track": WALKER["id"], "text": "Shape does not fit",
                     "kind": "loose_shape"}],
    }  # fmt: skip
    assert not [entry for entry in server.log if entry[0] == "PATCH"]


def test_labels_are_locked_until_they_are_corrected_and_go_with_the_verdict(
    page: Page, server: ReviewServer
) -> None:
    opened(page, server)
    page.locator("#main").focus()
    page.keyboard.press("n")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+C")
    expect(page.locator("#mode")).to_contain_text("nothing changed yet")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#mode")).to_contain_text("1 change")
    expect(page.locator("#saved")).to_have_attribute("data-state", "kept")
    page.get_by_role("button", name="Drop my corrections").click()
    expect(page.locator("#accept-text")).to_have_text("Accept")
    page.locator("#main").focus()
    page.keyboard.press("Shift+C")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#verdict-title")).to_have_text("Accept with your corrections?")
    page.keyboard.press("Enter")
    expect(page.locator("#notes")).to_contain_text("Accepted as corrected.")
    expect(page.get_by_role("button", name="Next review")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#notes")).to_contain_text("There is no review for you right now.")
    assert ("POST", "/lease", {"work": "review"}) in server.log
    sent = server.verdict
    assert (sent["outcome"], sent["deleted"], sent["revisions"]) == (
        "correct", [], {WALKER["id"]: 1},
    )  # fmt: skip
    assert [track["keyframes"][0][2][0] for track in sent["tracks"]] == [110]


def test_a_lost_lease_keeps_corrections_and_comments(open_page, server: ReviewServer) -> None:
    page = opened(open_page(expected=("409",)), server)
    page.locator("#main").focus()
    page.keyboard.press("n")
    page.keyboard.press("2")
    page.keyboard.press("Shift+C")
    page.keyboard.press("Shift+ArrowRight")
    server.lost = True
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#notes")).to_contain_text("1 changed track that was not saved is kept")
    expect(page.locator("#notes")).to_contain_text("1 comment is kept here too.")
