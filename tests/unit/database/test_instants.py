"""Instants come out of the database as they went in, in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import DataError, connection
from hypothesis import given
from hypothesis import strategies as st

from core.database.base import InstantLoader

pytestmark = pytest.mark.django_db

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
#: A day from the ends, so that each is an instant of Python's years in any zone.
INSTANTS = st.datetimes(  # of no zone: it draws one
    datetime(1, 1, 2),  # noqa: DTZ001
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=ZONES,
)


def read(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(f"select {sql}", values)
        return cursor.fetchone()[0]


@given(st.lists(INSTANTS, min_size=20, max_size=20))
def test_what_was_written_is_read(instants):
    found = read("%s::timestamptz[]", instants)
    assert found == instants
    assert {instant.tzinfo for instant in found} == {UTC}


def test_django_leaves_the_loader_where_it_is():
    with connection.cursor() as cursor:
        loader = cursor.adapters.get_loader(1184, 0)
    assert loader is InstantLoader


@pytest.mark.parametrize("text", ["infinity", "10000-01-01 00:00+00", "0044-03-15 00:00+00 BC"])
def test_what_is_no_instant_of_python_s_years_is_refused(text):
    with pytest.raises(DataError):
        read("%s::timestamptz", text)


def test_a_connection_of_another_zone_is_read_in_utc():
    with connection.cursor() as cursor:
        cursor.execute("set local timezone to 'Asia/Kathmandu'")
        cursor.execute("select '2026-03-01 12:00+00'::timestamptz")
        assert cursor.fetchone()[0] == datetime(2026, 3, 1, 12, tzinfo=UTC)
