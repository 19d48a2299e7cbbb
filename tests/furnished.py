"""The furnished house, written once in a pytest process and cloned for whoever wants to live in it.

Furnishing takes as long as a hundred tests of services; cloning its database a third of a second.
"""

import copy
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.cast import Cast, make_cast
from tests.plugins.cluster import TEMPLATE

if TYPE_CHECKING:
    from tests.browser.furnished import House


@dataclass(frozen=True)
class Furnished:
    """A house and who lives in it."""

    cast: Cast
    house: "House"


@dataclass(frozen=True)
class _Written(Furnished):
    """The house that is cloned; nobody is connected to its database any more."""

    database: str
    store: Path


@contextmanager
def _moved_to(cluster, template: str, name: str, store: Path) -> Iterator[None]:
    """Clone a database and use it, with a folder of objects; go back afterwards."""
    from django.conf import settings
    from django.db import connections

    aliases = ("default", "owner")
    before = {alias: connections.settings[alias]["NAME"] for alias in aliases}
    folder = settings.OBJECT_STORE_FOLDER
    connections.close_all()
    cluster.clone_database(template, name)
    for alias in aliases:
        connections.settings[alias]["NAME"] = name
    settings.OBJECT_STORE_FOLDER = store
    try:
        yield
    finally:
        settings.OBJECT_STORE_FOLDER = folder
        connections.close_all()
        for alias in aliases:
            connections.settings[alias]["NAME"] = before[alias]


@pytest.fixture(scope="session")
def written_house(cluster, django_db_setup, django_db_blocker, tmp_path_factory) -> _Written:
    """The cast and the house in a database of their own, which stays as it is."""
    from tests.browser.furnished import furnish

    folder, name = tmp_path_factory.mktemp("furnished"), f"custos_{uuid4().hex[:12]}"
    store = folder / "store"
    with django_db_blocker.unblock(), _moved_to(cluster, TEMPLATE, name, store):
        cast = make_cast()
        house = furnish(cast, folder)
    return _Written(cast, house, name, store)


@contextmanager
def _lived_in(written: _Written, cluster, blocker, folder: Path) -> Iterator[Furnished]:
    """A clone, in which the work that is in hand has just been taken."""
    from core.clock import now
    from tests.api.labels.floor import lease
    from workforce.tasks.models import QueueEntry

    name, store = f"custos_{uuid4().hex[:12]}", folder / "furnished-store"
    shutil.copytree(written.store, store)
    with blocker.unblock():
        with _moved_to(cluster, written.database, name, store):
            cast = copy.deepcopy(written.cast)
            lease(cast.amir, written.house.in_hand)
            QueueEntry.objects.filter(task_id=written.house.in_hand).update(leased_at=now())
            yield Furnished(cast, written.house)
        cluster.drop_database(name)


@pytest.fixture
def furnished(written_house, cluster, django_db_blocker, tmp_path) -> Iterator[Furnished]:
    """A furnished house of the test's own: its commits are real."""
    with _lived_in(written_house, cluster, django_db_blocker, tmp_path) as here:
        yield here


@pytest.fixture(scope="module")
def furnished_here(
    written_house, cluster, django_db_blocker, tmp_path_factory
) -> Iterator[Furnished]:
    """A furnished house of the module's own, for what a server's threads share."""
    folder = tmp_path_factory.mktemp("house")
    with _lived_in(written_house, cluster, django_db_blocker, folder) as here:
        yield here
