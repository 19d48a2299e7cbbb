"""Tracks are linked in a real browser: crops of both cameras, keys, contradictions, review."""

import json
import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import expect

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.clock import now
from core.tenancy.scope import scope
from tests.api.intake.conftest import cast_here, server, store_folder  # noqa: F401 - fixtures
from tests.api.labels.floor import cut, hire, lease, make_clip, walker
from tests.api.links.street import NOON, cameras
from tests.browser import bar_clips
from tests.browser.test_portal import accessible, enter
from workforce.labels.changes import Changes
from workforce.labels.models import LabelSet
from workforce.labels.services import save_tracks, submit
from workforce.links.content import read_content
from workforce.people.services import add_worker
from workforce.tasks.models import QueueEntry, Task

# WhiteNoise hands Django synchronous iterators over files that ASGI closes late.
pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]


def street(cast, folder: Path) -> Task:
    """Two prepared clips of two cameras with accepted labels, and the task that links them.

    At the gate walk 1 and 2, two minutes later in the yard 3 and 4.
    """
    from core.outbox.events import emit
    from core.storage.vault import create_object
    from tenants.intake.models import Clip
    from tests.api.intake.test_preparation import prepare
    from workforce.delivery.link_tasks import make_link_tasks

    data, project = bar_clips.make(folder, frames=50).data, None
    hire(cast, cast.anna, cast.rita)
    for person in (cast.anna, cast.rita):
        add_worker(
            actor=Actor.person(cast.nora), vendor=cast.northlight.id, user_id=person.id,
            skills=["links"],
        )  # fmt: skip
    for minutes, camera, people in ((0, 0, (1, 2)), (2, 1, (3, 4))):
        clip = make_clip(cast)
        with create_object(tenant=clip.tenant_id, kind="source") as writer:
            writer.write(data)
        with scope(clip.tenant_id):
            project = project or clip.project
            if minutes == 0:
                places = cameras(cast)
            Clip.objects.filter(id=clip.id).update(
                source=writer.stored.id, state=Clip.State.RECEIVED, project=project,
                camera=places[camera], starts_at=NOON + timedelta(minutes=minutes),
                time_zone="Europe/Brussels",
            )  # fmt: skip
            emit("upload.finished", tenant=clip.tenant_id, data={"clip": str(clip.id)})
        clip = prepare(clip)
        (task,) = cut(cast, clip)
        tracks = [walker(UUID(int=n), left=60.0 + 120 * (n % 2)) for n in people]
        held = {"tenant": clip.tenant_id, "task_id": task.id, "token": lease(cast.anna, task.id)}
        save_tracks(**held, actor=Actor.person(cast.anna), changes=Changes(tracks))
        submit(**held, actor=Actor.person(cast.anna), vendor=cast.northlight.id)
        with scope(clip.tenant_id):
            Task.objects.filter(id=task.id).update(state=Task.State.ACCEPTED)
    assert project is not None
    (made,) = make_link_tasks(tenant=cast.harbour.id, project_id=project.id)
    return made


def painted(page):
    """All pictures of the track and one of each candidate are there: nothing is on its way."""
    expect(page.locator("#subject-pics canvas[data-painted]")).to_have_count(3)
    expect(page.locator("#candidates canvas[data-painted]")).to_have_count(2)


def in_force(cast):
    with scope(cast.harbour.id):
        content = read_content(LabelSet.objects.get(task__task_type="links").content)
    return {(*sorted((x.first[1].int, x.second[1].int)), str(x.verdict)) for x in content.links}


def test_tracks_of_two_cameras_are_linked_reviewed_and_a_late_decision_is_offered_back(
    open_page,
    server,  # noqa: F811
    cast_here,  # noqa: F811
    tmp_path,
):
    cast, page = cast_here, open_page(expected=("409 (Conflict)",))
    task = street(cast, tmp_path)
    folder = Path(os.environ.get("CUSTOS_SHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    lease(cast.anna, task.id)
    enter(page, server, cast.anna)
    page.goto(f"{server}/t/harbour/tasks/{task.id}")
    expect(page.locator("#links")).to_have_attribute("data-state", "open")
    expect(page.locator("#progress")).to_have_text("0 of 2 tracks settled")
    cards = page.locator("#candidates > li")
    expect(cards).to_have_count(2)
    painted(page)
    expect(page.locator("#subject-facts")).to_contain_text("Yard, North harbour")
    expect(page.locator("#subject-facts")).to_contain_text("Fri, 20 Nov 2026, 13:02:00")
    expect(cards.first).to_contain_text("Gate, North harbour")
    expect(cards.first).to_contain_text("1 min 58 s earlier")
    accessible(page)
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=folder / f"links-{width}.png", full_page=width == 390)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1440, "height": 900})

    # 3 is the first candidate, and not the second; 4 is the first candidate too, which cannot be.
    page.keyboard.press("s")
    page.keyboard.press("d")
    expect(page.locator("#progress")).to_have_text("1 of 2 tracks settled")
    page.keyboard.press("j")
    painted(page)
    page.keyboard.press("s")
    expect(page.locator("#problems")).to_contain_text("Two places at once")
    page.screenshot(path=folder / "links-contradiction-1440.png")
    accessible(page)
    page.keyboard.press("Control+z")
    expect(page.locator("#problems > li")).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("u")
    page.reload()
    expect(page.locator("#progress")).to_have_text("1 of 2 tracks settled")
    painted(page)
    expect(page.locator("#subject-name")).to_have_text("person 2")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notes")).to_contain_text("1 track still open.")
    page.keyboard.press("n")
    expect(page.locator("#progress")).to_have_text("2 of 2 tracks settled")

    # The lease runs out: what comes then is kept, and offered to whoever takes the task again.
    expect(page.locator("#saved")).to_contain_text("Saved")
    painted(page)
    QueueEntry.objects.filter(task_id=task.id).update(lease_until=now() - timedelta(seconds=1))
    page.locator("#candidates [data-verdict=same]").last.click()
    expect(page.locator("#notes")).to_contain_text("no longer decide anything")
    QueueEntry.objects.filter(task_id=task.id).update(state="waiting", lessee=None)
    lease(cast.anna, task.id)
    page.reload()
    painted(page)
    expect(page.locator("#notes")).to_contain_text("1 decision of yours came too late once.")
    page.get_by_role("button", name="Take them over").click()
    expect(page.locator("#subjects > li").nth(1)).to_contain_text("linked")
    page.keyboard.press("Control+Enter")
    page.screenshot(path=folder / "links-submit-1440.png")
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.locator("#notes")).to_contain_text("Submitted.")
    said = in_force(cast)
    assert {(1, 3, "same"), (2, 4, "same")} <= said or {(2, 3, "same"), (1, 4, "same")} <= said

    with scope(cast.harbour.id):
        rows = AuditEntry.objects.filter(action="footage.frames.serve")
        served = [json.loads(bytes(row.body))["details"] for row in rows]
    assert {one["purpose"] for one in served} == {"task"}
    assert all(one["lease"] for one in served)

    from workforce.quality.review import route_submission

    with scope(cast.harbour.id):
        label_set = LabelSet.objects.get(task=task).id
    route_submission(tenant=cast.harbour.id, label_set_id=label_set)
    lease(cast.rita, task.id, work="review")
    other = open_page()
    enter(other, server, cast.rita)
    other.goto(f"{server}/t/harbour/review/{task.id}")
    painted(other)
    expect(other.locator("#subject-identity")).to_contain_text("One object with")
    expect(other.locator("#candidates [data-verdict]").first).to_be_disabled()
    accessible(other)
    other.get_by_label("What is wrong with this track").fill("The bag is another one.")
    other.get_by_role("button", name="Add this reason").click()
    other.screenshot(path=folder / "links-review-1440.png")
    other.get_by_role("button", name="Send back").click()
    expect(other.locator("#notes")).to_contain_text("Sent back.")

    lease(cast.anna, task.id)
    page.goto(f"{server}/t/harbour/tasks/{task.id}")
    expect(page.locator(".sentback")).to_contain_text("The bag is another one.")
    painted(page)

    enter(other, server, cast.clara)
    other.goto(f"{server}/t/harbour/projects/{task.project_id}/links")
    expect(other.get_by_role("heading", name="Who is who across clips")).to_be_visible()
    other.get_by_role("button", name="They see one place").click()
    expect(other.get_by_role("button", name="They do not")).to_be_visible()
    accessible(other)
    for width, height in ((1440, 900), (390, 844)):
        other.set_viewport_size({"width": width, "height": height})
        other.screenshot(path=folder / f"project-links-{width}.png", full_page=True)
        assert other.evaluate("document.documentElement.scrollWidth") <= width
