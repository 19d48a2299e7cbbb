"""Objects in a local folder: staged in a file, committed by one rename."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from core.errors import Conflict, NotFound, Unavailable
from core.storage.store import checked

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


@contextmanager
def _reporting() -> Iterator[None]:
    """Turn what the file system says into errors of the tree."""
    try:
        yield
    except FileNotFoundError:
        raise NotFound("This object is not in the store.") from None
    except FileExistsError:
        raise Conflict("This name is in use in the store.") from None
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise Unavailable("The object store is full. Try again when there is space.") from error
        raise Unavailable(f"The object store does not answer: {error.strerror}.") from error


class FolderBytes:
    """A committed file."""

    _descriptor = -1

    def __init__(self, path: Path) -> None:
        with _reporting():
            self._descriptor = os.open(path, os.O_RDONLY)
            self._size = os.fstat(self._descriptor).st_size

    @property
    def size(self) -> int:
        return self._size

    def pread(self, offset: int, length: int, /) -> bytes:
        with _reporting():
            return _pread(self._descriptor, offset, length)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self.close()


class FolderStaging:
    """A file below `staging/`."""

    _descriptor = -1

    def __init__(self, store: "FolderStore", name: str, *, new: bool) -> None:
        self._store = store
        self._name = name
        self._path = store.staging_path(name)
        flags = os.O_RDWR | os.O_APPEND | (os.O_CREAT | os.O_EXCL if new else 0)
        with _reporting():
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            self._descriptor = os.open(self._path, flags, PRIVATE_FILE)
            self._size = os.fstat(self._descriptor).st_size

    @property
    def name(self) -> str:
        return self._name

    @property
    def size(self) -> int:
        return self._size

    def write(self, data: memoryview | bytes, /) -> int:
        view = memoryview(data)
        with _reporting():
            while view:
                written = os.write(self._descriptor, view)
                self._size += written
                view = view[written:]
        return len(data)

    def flush(self) -> None:
        with _reporting():
            os.fdatasync(self._descriptor)

    def pread(self, offset: int, length: int, /) -> bytes:
        with _reporting():
            return _pread(self._descriptor, offset, length)

    def commit(self, key: str) -> None:
        target = self._store.object_path(key)
        with _reporting():
            os.fsync(self._descriptor)
            target.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            # link, not rename: a key that is taken is never overwritten.
            os.link(self._path, target)
            _sync_folders(target.parent, self._store.root)
            self._path.unlink()
        self.close()

    def discard(self) -> None:
        self.close()
        self._store.discard(self._name)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self.close()


class FolderStore:
    """Objects below `root/objects/ab/cd/`, what is being written below `root/staging/`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def object_path(self, key: str) -> Path:
        return self.root / "objects" / checked(key)[:2] / key[2:4] / key

    def staging_path(self, name: str) -> Path:
        return self.root / "staging" / checked(name)

    def stage(self, name: str) -> FolderStaging:
        return FolderStaging(self, name, new=True)

    def resume(self, name: str) -> FolderStaging:
        return FolderStaging(self, name, new=False)

    def open(self, key: str) -> FolderBytes:
        return FolderBytes(self.object_path(key))

    def delete(self, key: str) -> None:
        with _reporting():
            self.object_path(key).unlink(missing_ok=True)

    def discard(self, name: str) -> None:
        with _reporting():
            self.staging_path(name).unlink(missing_ok=True)

    def leftovers(self, *, before: datetime) -> Iterator[str]:
        with _reporting():
            for path in sorted((self.root / "staging").glob("*")):
                if path.stat().st_mtime < before.timestamp():
                    yield path.name

    def abort_joins(self, *, before: datetime) -> int:
        """A folder commits by one link: nothing is ever half joined."""
        return 0

    def keys(self) -> Iterator[str]:
        with _reporting():
            for path in sorted((self.root / "objects").glob("??/??/*")):
                yield path.name


def _pread(descriptor: int, offset: int, length: int) -> bytes:
    """Read until `length` bytes or the end: one call may give fewer."""
    pieces = []
    while length > 0:
        piece = os.pread(descriptor, length, offset)
        if not piece:
            break
        pieces.append(piece)
        offset += len(piece)
        length -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _sync_folders(folder: Path, root: Path) -> None:
    """Make new names durable, from `folder` up to the root of the store."""
    while True:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if folder == root:
            return
        folder = folder.parent
