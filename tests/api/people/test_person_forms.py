"""The manager's forms: papers with their days, hours by the clock on the wall, clear errors."""

from datetime import UTC, datetime, timedelta

import pytest

from core.clock import frozen, now
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip
from tests.cast import sign_in
from workforce.people.models import Worker

LEASE = "/api/v1/t/northlight/lease"
WEEK = {f"day{number}": "" for number in range(7)}
HOURS = WEEK | {
    "active": "on", "time_zone": "Europe/Brussels", "others": "", "tasks_at_once": "2",
    "hours_per_day": "",
}  # fmt: skip


@pytest.fixture
def anna(cast, client):
    """The address of Anna's page, with Nora signed in."""
    hire(cast, cast.anna)
    sign_in(client, cast.nora)
    with scope(cast.northlight.id):
        return f"/t/northlight/people/{Worker.objects.get(user=cast.anna).id}"


def page(client, url) -> str:
    return client.get(url).content.decode()


def works(cast, api, instant) -> bool:
    """Whether Anna gets a task at an instant; it goes back at once."""
    with frozen(instant):
        anna = api(cast.anna)
        answer = anna.post(LEASE, {}, format="json")
        if answer.status_code == 200:
            leased = answer.json()
            url = f"/api/v1/t/harbour/tasks/{leased['task']['id']}/release"
            anna.post(url, {"token": leased["lease"]["token"]}, format="json")
    return answer.status_code == 200


def test_a_clearance_is_written_with_its_days_and_opens_work(cast, api, client, anna):
    clip = make_clip(cast)
    cut(cast, clip)
    asked = f"/api/v1/t/harbour/projects/{clip.project_id}/requirements"
    api(cast.clara).put(asked, {"clearance": "port-area"}, format="json")
    assert not works(cast, api, now())
    last = now().date() + timedelta(days=10)

    body = {"kind": "clearance", "value": "Port-Area", "ends": last.isoformat()}
    assert client.post(f"{anna}/papers", body).status_code == 302

    assert works(cast, api, now())
    midnight = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    assert works(cast, api, midnight - timedelta(minutes=1)), "the last day belongs to it"
    assert not works(cast, api, midnight)
    for url in (anna, f"{anna}/papers", "/t/northlight/people"):
        text = page(client, url)
        assert "port-area" in text
        assert "Ends soon" in text


def test_a_paper_is_taken_away(cast, client, anna):
    client.post(f"{anna}/papers", {"kind": "nda", "value": "harbour"})
    with scope(cast.northlight.id):
        (held,) = Worker.objects.get(user=cast.anna).qualifications.all()
    assert "NDA signed for this client" in page(client, anna)

    assert client.post(f"{anna}/papers", {"remove": str(held.id)}).status_code == 302
    assert "No papers" in page(client, f"{anna}/papers")
    assert client.post(f"{anna}/papers", {"remove": str(held.id)}).status_code == 404


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"kind": "nda", "value": "museum"}, "No client called museum has engaged you."),
        ({"kind": "clearance", "value": "Port area"}, "is not a code such as port-area"),
        (
            {"kind": "clearance", "value": "x", "starts": "2027-02-02", "ends": "2027-01-01"},
            "It would end before it begins.",
        ),
        ({"kind": "clearance", "value": "x", "ends": "soon"}, "Enter a valid date."),
    ],
)
def test_what_is_wrong_with_a_paper_is_said_at_its_field(client, anna, body, told):
    answer = client.post(f"{anna}/papers", body)
    assert answer.status_code == 400
    assert told in answer.content.decode().replace("&#x27;", "'")


def test_shifts_follow_the_clock_on_the_wall_when_it_is_changed(cast, api, client, anna):
    cut(cast, make_clip(cast))
    week = HOURS | {f"day{day}": "09:00-17:00" for day in range(7)}
    assert client.post(f"{anna}/hours", week).status_code == 302

    # In Brussels it is UTC+2 until 31 October 2027, then UTC+1.
    assert works(cast, api, datetime(2027, 10, 30, 7, 30, tzinfo=UTC))
    assert not works(cast, api, datetime(2027, 11, 1, 7, 30, tzinfo=UTC))
    assert works(cast, api, datetime(2027, 11, 1, 8, 30, tzinfo=UTC))
    days = (
        (datetime(2027, 10, 30, 6, tzinfo=UTC), "Saturday 30 Oct, 09:00"),
        (datetime(2027, 11, 1, 6, tzinfo=UTC), "Monday 1 Nov, 09:00"),
    )
    for day, begin in days:
        with frozen(day):
            sign_in(client, cast.nora)
            assert begin in page(client, f"{anna}/hours")


def test_a_week_is_shown_as_it_was_written(client, anna):
    year = now().year + 1
    body = HOURS | {
        "day0": "9:00-12:00, 13:00–17:00", "day5": "22:00-06:00",
        "others": f"{year}-12-24 off\n{year}-12-31 09:00-12:00",
        "hours_per_day": "7,5", "tasks_at_once": "3",
    }  # fmt: skip
    assert client.post(f"{anna}/hours", body).status_code == 302

    text = page(client, f"{anna}/hours")
    for shown in (
        "09:00-12:00, 13:00-17:00", "22:00-06:00", f"{year}-12-24 off",
        f"{year}-12-31 09:00-12:00", 'value="7.5"', 'value="3"',
    ):  # fmt: skip
        assert shown in text
    assert "450 min" in page(client, anna)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"day2": "all day"}, "Write all day as 09:00-17:00"),
        ({"time_zone": "Bruxelles"}, "Bruxelles is no time zone"),
        ({"others": "Christmas"}, "Write Christmas as 2026-12-24 off"),
        ({"others": "2026-02-30 off"}, "2026-02-30 is no day"),
        ({"others": "2030-12-24 off\n2030-12-24 09:00-10:00"}, "A day is named twice."),
        ({"hours_per_day": "25"}, "a day has 24 hours"),
    ],
)
def test_what_is_wrong_with_hours_is_said_and_nothing_is_written(cast, client, anna, change, told):
    answer = client.post(f"{anna}/hours", HOURS | {"tasks_at_once": "9"} | change)

    assert answer.status_code == 400
    assert told in answer.content.decode()
    with scope(cast.northlight.id):
        assert Worker.objects.get(user=cast.anna).tasks_at_once == 2
