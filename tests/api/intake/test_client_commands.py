"""The commands of a client against a real server: log in, list, send a folder, answer a release."""

import json
import os
import stat

import httpx
import pytest
import typer
from typer.testing import CliRunner

from core.cli import deciding, listing, login, places
from core.cli.places import Place, place_of
from core.cli.portal import TRIES, Portal
from core.errors import (
    Conflict,
    Invalid,
    NotFound,
    NotSignedIn,
    PermissionDenied,
    TooManyRequests,
    Unavailable,
)
from core.tenancy.scope import scope
from tenants.intake import command
from tests.api.intake.conftest import token_of
from tests.documents import ROOT, run_at_a_portal

PACKAGE = bytes(range(256)) * 512


@pytest.fixture(autouse=True)
def at_home(tmp_path, monkeypatch):
    """A home of its own, and nothing of this machine's environment."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("CUSTOS_URL", "CUSTOS_TENANT", "CUSTOS_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def run(function, *arguments, typed=None, code=0):
    app = typer.Typer()
    app.command()(function)
    result = CliRunner().invoke(app, [str(a) for a in arguments], input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def signed_in(tus):
    """Clara's token, kept as `custos login` keeps it."""
    token = token_of(tus.cast.clara, tus.cast.harbour)
    run(login.login, "--url", tus.base, "--tenant", "harbour", typed=f"{token}\n")
    return token


def test_a_token_is_tried_and_kept_for_its_owner_alone(tus, signed_in):
    file = places.kept_in()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert place_of("", "", "") == Place(tus.base, "harbour", signed_in)


def test_the_token_is_neither_shown_nor_sent_to_another_portal(tus, signed_in):
    token = token_of(tus.cast.clara, tus.cast.harbour)
    shown = run(login.login, typed=f"{tus.base}/\nharbour\n{token}\n").output
    assert token not in shown
    assert "clara@example.org at harbour" in shown
    with pytest.raises(NotSignedIn):
        place_of("https://elsewhere.example", "", "")


def test_a_token_that_opens_nothing_is_not_kept(tus):
    with pytest.raises(NotSignedIn):
        run(login.login, "--url", tus.base, "--tenant", "harbour", typed="custos_wrong\n")
    token = token_of(tus.cast.clara, tus.cast.harbour)
    with pytest.raises(NotFound, match="known here: harbour"):
        run(login.login, "--url", tus.base, "--tenant", "museum", typed=f"{token}\n")
    assert not places.kept_in().exists()


def test_what_is_kept_can_be_forgotten(tus, signed_in):
    run(login.logout)
    with pytest.raises(NotSignedIn):
        run(login.logout)
    with pytest.raises(NotSignedIn, match="custos login"):
        run(listing.projects)


def test_lists_come_as_a_table_and_as_json(tus, signed_in):
    shown = run(listing.projects).stdout
    (row,) = [json.loads(line) for line in run(listing.projects, "--json").stdout.splitlines()]
    assert shown.split()[:2] == ["slug", "name"]
    assert row["id"] in shown
    assert row["slug"] == "gate"
    for function in (listing.batches, listing.tasks, listing.releases):
        assert run(function, "list").stdout == ""


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "footage"
    (place / "gate").mkdir(parents=True)
    for name in ("a.mp4", "gate/b.MKV"):
        (place / name).write_bytes(os.urandom(70_000))
    (place / "notes.txt").write_text("no footage")
    return place


def test_a_folder_is_sent_whole_and_not_twice(tus, signed_in, folder):
    first = run(command.upload, folder, "--project", "gate", "--batch", "March", "--json")
    sent = [json.loads(line) for line in first.stdout.splitlines()]
    (folder / "c.mov").write_bytes(os.urandom(10_000))
    again = run(command.upload, folder, "--project", "gate", "--batch", "March")
    listed = run(listing.clips, "--project", "gate", "--json").stdout.splitlines()

    assert len(sent) == 2
    assert "2 sent, 0 there already" in first.stderr
    assert "1 sent, 2 there already" in again.stderr
    names = [json.loads(line)["filename"] for line in listed]
    assert names[0] == "c.mov"
    assert {"a.mp4", "b.MKV"} <= set(names)
    assert json.loads(run(listing.batches, "--json").stdout)["name"] == "March"


def test_a_file_that_is_refused_stops_no_other_and_is_told_by_the_exit_code(tus, signed_in, folder):
    (folder / "0.mp4").write_bytes(b"")
    result = run(command.upload, folder, "--project", "gate", code=1)
    assert "0.mp4: " in result.stderr
    assert "2 sent, 0 there already, 1 refused" in result.stderr


def test_a_folder_without_footage_is_told(tus, signed_in, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(Invalid, match="no footage"):
        run(command.upload, tmp_path / "empty", "--project", "gate")


@pytest.fixture
def release(tus, db_of_server):
    from tenants.projects.models import Project
    from workforce.delivery.models import Release

    with scope(tus.cast.harbour.id):
        project = Project.objects.get(slug="gate")
        number = Release.objects.count() + 1
        made = Release.objects.create(
            tenant_id=tus.cast.harbour.id,
            project=project,
            number=number,
            state="building",
            formats=["coco"],
            clips=[],
        )
    return made.id


@pytest.fixture
def db_of_server(cast_here, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def test_a_release_that_is_not_ready_is_not_answered_and_the_portal_says_why(signed_in, release):
    with pytest.raises(Conflict, match="request "):
        run(deciding.accept, release)
    with pytest.raises((Conflict, Invalid)):
        run(deciding.dispute, release, "--reason", "The van has no box.")
    with pytest.raises(Invalid):
        run(deciding.dispute, release, "--reason", "x", "--pin", "not-an-id:3:No box.")
    run(deciding.dispute, release, "--reason", "x", "--pin", "3", code=2)


def test_who_may_not_accept_is_told(tus, release):
    token = token_of(tus.cast.vera, tus.cast.harbour)
    with pytest.raises(PermissionDenied):
        run(deciding.accept, release, "--url", tus.base, "--tenant", "harbour", "--token", token)


@pytest.fixture
def ready(tus, db_of_server):
    """A release that waits for its client's answer, its package in the store."""
    from core.storage.vault import create_object
    from tenants.projects.models import Project
    from workforce.delivery.models import Release

    tenant = tus.cast.harbour
    with create_object(tenant=tenant.id, kind="package") as writer:
        writer.write(PACKAGE)
    with scope(tenant.id):
        return Release.objects.create(
            tenant_id=tenant.id,
            project=Project.objects.get(slug="gate"),
            number=Release.objects.count() + 1,
            state="ready",
            formats=["coco"],
            clips=[],
            manifest={"clips": []},
            signature=bytes(64),
            package_id=writer.stored.id,
        )


def test_the_page_on_the_api_works_as_it_stands(tus, ready, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "gate.mp4").write_bytes(os.urandom(70_000))
    wrong = run_at_a_portal(
        ROOT / "docs" / "api.md",
        home,
        CUSTOS_URL=tus.base,
        CUSTOS_TENANT="harbour",
        CUSTOS_TOKEN=token_of(tus.cast.clara, tus.cast.harbour),
    )

    assert wrong == ""
    assert (home / "labels.zip").read_bytes() == PACKAGE
    with scope(tus.cast.harbour.id):
        ready.refresh_from_db()
    assert ready.state == "accepted"


class Line:
    """A portal that answers as it is told, one answer after the other; the last one stays."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def __call__(self, request):
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def talk(line):
    waits = []
    place = Place("http://portal", "harbour", "custos_x")
    portal = Portal(place, transport=httpx.MockTransport(line), sleep=waits.append)
    return portal, waits


def test_an_act_is_sent_again_under_its_key_when_the_line_is_cut():
    done = httpx.Response(200, json={"number": 1, "state": "accepted"})
    line = Line(httpx.ReadError("cut"), httpx.Response(503), done)
    portal, waits = talk(line)
    with portal:
        assert portal.post("releases/1/accept")["state"] == "accepted"
    assert len({request.headers["Idempotency-Key"] for request in line.asked}) == 1
    assert len(waits) == 2


def test_it_waits_as_long_as_it_is_told_and_not_for_ever():
    line = Line(httpx.Response(429, headers={"Retry-After": "7"}, json={}))
    portal, waits = talk(line)
    with portal, pytest.raises(TooManyRequests):
        portal.get("projects")
    assert waits == [7.0] * (TRIES - 1)


def test_a_portal_that_stays_away_is_told():
    portal, _ = talk(Line(httpx.ConnectError("away")))
    with portal, pytest.raises(Unavailable, match="can't be reached"):
        portal.get("projects")


def test_a_list_is_followed_to_its_end_or_as_far_as_asked():
    pages = [
        httpx.Response(200, json={"results": [{"n": 1}, {"n": 2}], "next": "x"}),
        httpx.Response(200, json={"results": [{"n": 3}], "next": None}),
    ]
    portal, _ = talk(Line(*pages))
    with portal:
        assert [row["n"] for row in portal.rows("clips", {"limit": 2})] == [1, 2, 3]
    portal, _ = talk(Line(*pages))
    with portal:
        assert [row["n"] for row in portal.rows("clips", {"limit": 2}, most=1)] == [1]
