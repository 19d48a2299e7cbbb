"""One PostgreSQL cluster for each pytest process, so for each xdist worker.

The log's snapshot horizon is cluster-wide: in a shared cluster one worker's open transaction would
hide another's entries. The cluster is up before Django reads its settings, which find it through
CUSTOS_DATA. Its database is migrated once by the owner; tests connect as the application's role.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from core.embedded.layout import DataLayout
from core.embedded.postgres import DATABASE, EmbeddedPostgres
from core.embedded.secrets import ensure_keys
from core.embedded.valkey import EmbeddedValkey

TEMPLATE = "custos_template"

_cluster = pytest.StashKey[EmbeddedPostgres]()
_folder = pytest.StashKey[Path]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Runs before pytest-django's own hook, which imports the settings."""
    folder = Path(tempfile.mkdtemp(prefix="custos-test-"))
    folder.chmod(0o711)  # the database's user passes through it
    early_config.stash[_folder] = folder
    early_config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    layout = DataLayout(folder)
    layout.objects.mkdir(mode=0o700)
    ensure_keys(layout)
    os.environ |= {"CUSTOS_DATA": str(folder), "CUSTOS_EMBEDDED": "1"}
    if _runs_tests_here(early_config):
        cluster = EmbeddedPostgres(layout.postgres, durable=False)
        cluster.start()
        early_config.stash[_cluster] = cluster
        early_config.add_cleanup(lambda: _discard(cluster))
    return (yield)


def _runs_tests_here(config: pytest.Config) -> bool:
    """Not in the process that only hands tests out to xdist workers, nor when only listing."""
    options = config.known_args_namespace
    distributes = bool(getattr(options, "numprocesses", None) or getattr(options, "tx", None))
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    only_lists = any(
        getattr(options, name, False) for name in ("collectonly", "help", "version", "markers")
    )
    return (is_worker or not distributes) and not only_lists


def _discard(cluster: EmbeddedPostgres) -> None:
    """Nothing of this cluster is kept, so it need not shut down in order."""
    if cluster.process is not None and cluster.process.poll() is None:
        cluster.process.send_signal(signal.SIGQUIT)
        cluster.process.wait(30)


@pytest.fixture(scope="session")
def data_layout(pytestconfig: pytest.Config) -> DataLayout:
    """The data folder of this pytest process."""
    return DataLayout(pytestconfig.stash[_folder])


@pytest.fixture(scope="session")
def cluster(pytestconfig: pytest.Config) -> EmbeddedPostgres:
    """The embedded cluster of this pytest process."""
    return pytestconfig.stash[_cluster]


@pytest.fixture(scope="session")
def django_db_setup(cluster: EmbeddedPostgres, django_db_blocker) -> None:
    """Replaces pytest-django's: migrate as the owner, keep a copy to clone for tests that commit.

    tests/conftest.py imports it by name, so that it wins over the plugin's.
    """
    from django.core.management import call_command
    from django.db import connections

    with django_db_blocker.unblock():
        call_command("migrate", database="owner", verbosity=0)
        connections.close_all()
    cluster.clone_database(DATABASE, TEMPLATE)


@pytest.fixture(scope="session")
def broker(data_layout: DataLayout) -> Iterator[EmbeddedValkey]:
    """A Valkey at the address that the settings name."""
    server = EmbeddedValkey(data_layout.valkey, data_layout.valkey_socket)
    server.start()
    yield server
    server.stop()
