import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def passable_folder() -> Iterator[Path]:
    """A folder that the database's user may pass through, as pytest's own is private."""
    folder = Path(tempfile.mkdtemp(prefix="custos-embedded-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    with passable_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def shared_folder() -> Iterator[Path]:
    with passable_folder() as folder:
        yield folder
