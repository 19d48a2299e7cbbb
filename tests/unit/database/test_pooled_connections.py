"""Connections of the pool that the server has ended are not given to anybody."""

import copy
from collections.abc import Iterator

import pytest
from django.db import connections

from core.database.base import DatabaseWrapper

HELD = 3


@pytest.fixture
def pooled(db) -> Iterator[DatabaseWrapper]:
    """A database that is reached through a pool, which is full."""
    settings = copy.deepcopy(connections["default"].settings_dict)
    settings["OPTIONS"] = {"pool": {"min_size": HELD, "max_size": HELD, "timeout": 10}}
    settings["CONN_HEALTH_CHECKS"] = False
    wrapper = DatabaseWrapper(settings, alias="pooled")
    wrapper.pool.open()
    wrapper.pool.wait()
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


def number_of_server_process(wrapper: DatabaseWrapper) -> int:
    with wrapper.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        [(number,)] = cursor.fetchall()
    wrapper.close()  # as at the end of a request: it goes back to the pool
    return number


def test_who_comes_after_the_server_has_ended_all_of_them_gets_a_new_one(pooled, cluster):
    before = {number_of_server_process(pooled) for _ in range(HELD)}
    with cluster._superuser() as administrator:
        for number in before:
            administrator.execute("select pg_terminate_backend(%s, 10000)", [number])

    after = [number_of_server_process(pooled) for _ in range(HELD)]

    assert not before & set(after)


def test_one_that_lives_is_given_without_a_question_to_the_server(pooled, cluster):
    held = [number_of_server_process(pooled) for _ in range(HELD)]

    with pooled.cursor():
        pass

    with cluster._superuser() as administrator:
        last = administrator.execute(
            "select query from pg_stat_activity where pid = any(%s)", [held]
        ).fetchall()
    assert {query for (query,) in last} == {"select pg_backend_pid()"}
