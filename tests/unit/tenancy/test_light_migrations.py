"""The database of `custos up` is the one that Django's own states would have made."""

import subprocess

import pytest
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.state import ProjectState

from core.embedded.postgres import SUPERUSER
from core.tenancy.light_migrations import light_states
from tests.plugins.cluster import DATABASE, TEMPLATE

PLAIN = "custos_plain"


def schema(cluster, database: str) -> list[str]:
    """Every statement that would make the database anew, in pg_dump's order."""
    dumped = subprocess.run(
        [cluster._bin / "pg_dump", "--schema-only", cluster.dsn(SUPERUSER, database)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line for line in dumped.stdout.splitlines() if not line.startswith("\\")]


@pytest.fixture
def made_by_django(cluster, django_db_setup, django_db_blocker):
    """An empty database, migrated with all the classes that Django builds."""
    cluster.clone_database("template0", PLAIN)
    with django_db_blocker.unblock():
        connections.close_all()
        connections.settings["owner"]["NAME"] = PLAIN
        try:
            call_command(migrate.Command(), database="owner", verbosity=0)
        finally:
            connections.close_all()
            connections.settings["owner"]["NAME"] = DATABASE
    yield PLAIN
    cluster.drop_database(PLAIN)


@pytest.mark.slow(seconds=60)
def test_light_states_make_the_same_database(cluster, made_by_django):
    light = schema(cluster, TEMPLATE)
    assert len(light) > 3000
    assert schema(cluster, made_by_django) == light


def test_django_s_own_way_is_back_afterwards():
    before = ProjectState.__dict__["_find_reload_model"]
    with light_states():
        assert ProjectState.__dict__["_find_reload_model"] is not before
    assert ProjectState.__dict__["_find_reload_model"] is before
