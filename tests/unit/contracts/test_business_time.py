"""Business time: opening hours in local time, through both changes of the clocks each year."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from tenants.contracts.business_time import Calendar, Hours
from tenants.contracts.calendars import check_calendar, pin_calendar, read_pinned
from tests.unit.contracts.offices import LONDON, every_hour, every_night

HOUR = timedelta(hours=1)
ZONES = ["Europe/London", "America/New_York", "America/Havana", "Australia/Lord_Howe", "UTC"]


def utc(month, day, hour=0, minute=0):
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/London", date(2026, 3, 28), 24),
        ("Europe/London", date(2026, 3, 29), 23),
        ("Europe/London", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    ],
)
def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(zone, day, hours):
    opens, closes = every_hour(zone).window(day)
    assert closes - opens == hours * HOUR


@pytest.mark.parametrize(
    ("zone", "day", "opens", "closes"),
    [
        # London, spring: 01:00 to 02:00 is skipped; 00:30 to 02:30 is one hour long.
        ("Europe/London", date(2026, 3, 29), utc(3, 29, 0, 30), utc(3, 29, 1, 30)),
        # London, autumn: 01:00 to 02:00 comes twice; three hours.
        ("Europe/London", date(2026, 10, 25), utc(10, 24, 23, 30), utc(10, 25, 2, 30)),
        # New York, spring: 02:00 to 03:00 is skipped, so 02:30 closes at the change itself.
        ("America/New_York", date(2026, 3, 8), utc(3, 8, 5, 30), utc(3, 8, 7)),
        # New York, autumn: 01:00 to 02:00 comes twice.
        ("America/New_York", date(2026, 11, 1), utc(11, 1, 4, 30), utc(11, 1, 7, 30)),
    ],
)
def test_opening_hours_follow_the_wall_clock_through_a_change(zone, day, opens, closes):
    assert every_night(zone).window(day) == (opens, closes)


def test_an_opening_time_that_is_skipped_opens_at_the_change():
    late = Calendar("Europe/London", {6: Hours(time(1, 30), time(3))}, frozenset())
    assert late.window(date(2026, 3, 29)) == (utc(3, 29, 1), utc(3, 29, 2))


def test_weekends_and_holidays_do_not_count():
    thursday, tuesday = utc(4, 2, 15), utc(4, 7, 9)  # Good Friday is 3 April; summer time
    assert LONDON.between(thursday, tuesday) == 1 * HOUR + 8 * HOUR + 1 * HOUR
    assert LONDON.after(thursday, 2 * HOUR) == utc(4, 6, 9)
    assert LONDON.after(utc(4, 6, 9), -2 * HOUR) == utc(4, 2, 15)


instants = st.integers(0, 2 * 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
durations = st.integers(0, 40 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
calendars = st.one_of(
    st.sampled_from([LONDON, *map(every_hour, ZONES), *map(every_night, ZONES)]),
)


@given(calendars, instants, durations, durations)
def test_time_adds_up_wherever_it_is_cut(calendar, start, first, second):
    middle, end = start + first, start + first + second
    parts = calendar.between(start, middle) + calendar.between(middle, end)
    assert parts == calendar.between(start, end) <= first + second


@given(calendars, instants, st.integers(1, 20 * 24 * 60).map(lambda m: timedelta(minutes=m)))
def test_so_much_time_after_an_instant_is_so_much_time_away(calendar, start, duration):
    end = calendar.after(start, duration)
    assert calendar.between(start, end) == duration
    assert calendar.between(start, end - timedelta(seconds=1)) < duration
    begin = calendar.after(start, -duration)
    assert calendar.between(begin, start) == duration


@given(instants, durations)
def test_a_calendar_that_is_always_open_counts_all_time(start, duration):
    for zone in ZONES:
        assert every_hour(zone).between(start, start + duration) == duration


def office(**changes):
    return {
        "time_zone": "Europe/London",
        "hours": {"mon": ["09:00", "17:30"], "sat": ["08:00", "24:00"]},
        "holidays": "GB-ENG",
        "closed": ["2026-12-24"],
    } | changes


def test_a_pinned_calendar_names_its_holidays_and_needs_no_library():
    pinned = pin_calendar(office(), 2026)
    assert pinned["holidays"]["2026-12-25"] == "Christmas Day"
    assert pinned["holidays"]["2026-12-24"] == "Closed"
    calendar = read_pinned(pinned)
    assert calendar.window(date(2026, 12, 28)) is None, "the substitute for Boxing Day"
    opens, closes = calendar.window(date(2026, 11, 28))
    assert closes - opens == 16 * HOUR
    assert calendar.window(date(2026, 11, 29)) is None
    assert calendar.day_length == 16 * HOUR


@pytest.mark.parametrize(
    "changes",
    [
        {"time_zone": "Europe/Atlantis"},
        {"time_zone": "../etc"},
        {"hours": {}},
        {"hours": {"mon": ["17:00", "09:00"]}},
        {"hours": {"mon": ["9", "17"]}},
        {"hours": {"mon": "09:00-17:00"}},
        {"hours": {"someday": ["09:00", "17:00"]}},
        {"holidays": "XX"},
        {"holidays": "GB-XYZ"},
        {"closed": ["24 Dec"]},
        {"closed": "2026-12-24"},
        {"lunch": "12:00"},
    ],
)
def test_a_calendar_that_is_not_sound_is_refused(changes):
    with pytest.raises(Invalid):
        check_calendar(office(**changes), "terms.sla.calendar")
    check_calendar(office(), "terms.sla.calendar")
