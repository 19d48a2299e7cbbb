"""The real server in a real browser: sign-in, error pages, design system, a whole task."""

import json
import os
import re
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from core.accounts.models import Person
from core.tenancy.scope import scope
from tests.api.intake.conftest import cast_here, server, store_folder  # noqa: F401 - fixtures
from tests.api.intake.test_preparation import prepare
from tests.browser import bar_clips
from tests.browser.test_workbench import READ_BARS, draw, go, saved, shown
from tests.cast import PASSWORD
from tests.cast import sign_in as sign_in_as

# WhiteNoise hands Django synchronous iterators over files that ASGI closes late.
pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def portal(server):  # noqa: F811
    return server


def sign_in(page: Page, portal: str, person) -> None:
    page.goto(f"{portal}/accounts/login/")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".who")).to_be_visible()


def enter(page: Page, portal: str, person) -> None:
    """Be signed in without the form: that has a test of its own."""
    client = Client()
    sign_in_as(client, person)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": portal}]
    )


def needs_axe() -> None:
    if not AXE.is_file():
        message = "needs axe-core: `npm ci` in frontend/"
        if os.environ.get("CUSTOS_STRICT") == "1":
            pytest.fail(message)
        pytest.skip(message)


def accessible(page: Page) -> None:
    """No finding of axe for WCAG 2.2 AA. It runs through the debugger, outside the policy."""
    needs_axe()
    page.evaluate(AXE.read_text() + "; undefined")
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    )
    assert [(v["id"], v["nodes"][0]["html"][:160]) for v in found["violations"]] == []


def test_a_person_signs_in_and_out_and_wrong_passwords_say_so(page, portal, cast_here):  # noqa: F811
    page.goto(portal)
    expect(page).to_have_url(re.compile("/accounts/login/"))
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    accessible(page)
    page.get_by_label("Email").fill(cast_here.clara.email)
    page.get_by_label("Password").fill("wrong wrong wrong")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    accessible(page)
    cast_here.clara.set_password(PASSWORD)
    cast_here.clara.save()
    sign_in(page, portal, cast_here.clara)
    page.get_by_role("button", name="Sign out").click()
    page.goto(portal)
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_pages_before_sign_in_are_accessible(page, portal):
    for path in ("password/reset/", "signup/"):
        page.goto(f"{portal}/accounts/{path}")
        expect(page.locator("h1")).to_be_visible()
        accessible(page)


def test_what_is_not_there_answers_with_a_page_and_an_id_to_quote(open_page, portal):
    page = open_page(expected=("404",))
    page.goto(f"{portal}/t/nobody/")
    page.goto(f"{portal}/nothing/here")
    expect(page.get_by_role("heading")).to_have_text("There is nothing here for you.")
    expect(page.locator(".errpage__id dd")).to_have_text(re.compile(r"^[0-9a-f]{12}$"))
    accessible(page)


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_each_part_of_the_design_system_is_accessible(open_page, portal, cast_here, theme, width):  # noqa: F811
    page = open_page(width, 900)
    enter(page, portal, cast_here.sam)
    Person.objects.filter(pk=cast_here.sam.pk).update(theme=theme)
    page.goto(f"{portal}/design/")
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("3 things need a change.")
    expect(page.get_by_label("Work email")).to_have_attribute("aria-invalid", "true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    accessible(page)


def ready_task(cast, folder: Path):
    """The bar clip, prepared by the real pipeline, cut into a task that Anna holds."""
    from core.outbox.events import emit
    from core.storage.vault import create_object
    from tenants.intake.models import Clip
    from tests.api.labels.floor import cut, hire, lease, make_clip

    clip = make_clip(cast)
    with create_object(tenant=clip.tenant_id, kind="source") as writer:
        writer.write(bar_clips.make(folder, frames=75, variable=True).data)
    with scope(clip.tenant_id):
        Clip.objects.filter(id=clip.id).update(source=writer.stored.id, state=Clip.State.RECEIVED)
        emit("upload.finished", tenant=clip.tenant_id, data={"clip": str(clip.id)})
    prepare(clip)
    hire(cast, cast.anna)
    (task, *_) = cut(cast, clip)
    lease(cast.anna, task.id)
    return task


@pytest.mark.parametrize("source", ["webcodecs", "video"])
def test_an_annotator_labels_a_real_clip_frame_by_frame_and_hands_it_in(
    source,
    page,
    portal,
    cast_here,  # noqa: F811
    tmp_path,
):
    from core.audit.models import AuditEntry
    from workforce.labels.models import LabelSet

    task = ready_task(cast_here, tmp_path)
    enter(page, portal, cast_here.anna)
    page.add_init_script(f"localStorage.setItem('custos.frame-source', '{source}')")
    page.goto(f"{portal}/t/harbour/tasks/{task.id}")
    shown(page, task.start_frame)
    expect(page.locator("#workbench")).to_have_attribute("data-frames", source)
    wrong = []
    for frame in (0, 49, 25, 24, 48, 13, 31):
        go(page, frame)
        if (seen := page.evaluate(READ_BARS, [640, 360])) != frame:
            wrong.append((frame, seen))
    assert wrong == []
    accessible(page)
    go(page, 10)
    draw(page, 120, 150, 180, 230)
    go(page, 40)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("p")
    page.keyboard.press("Enter")
    saved(page)
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.locator("#notes")).to_contain_text("Submitted.")
    with scope(cast_here.harbour.id):
        labels = LabelSet.objects.get(task_id=task.id)
        receipts = AuditEntry.objects.filter(action="footage.frames.serve")
        bodies = [bytes(row.body).decode() for row in receipts]
        ours = [json.loads(body) for body in bodies if str(task.clip_id) in body]
        served = [body["details"]["gops"] for body in ours]
    assert labels.track_count == 2
    # The task's frames lie in two groups of pictures; each was asked for, and logged, once.
    assert sorted(served) == [[[0, 24]], [[25, 49]]]
