"""Looks for plaintext wherever a running portal could leave it, all the time that it runs.

Files below folders, files that its processes hold open (unlinked ones too), files that were made in
its temporary folder and are gone again, rows of the database, values of the broker.
"""

import ctypes
import os
import stat
import struct
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
import redis

from core.embedded.layout import DataLayout
from core.embedded.postgres import OWNER, EmbeddedPostgres

PAUSE = 0.1
#: Seconds between two looks at every row.
ROWS_EVERY = 4.0
#: Larger ones are no file of ours; none is expected.
LARGEST = 1 << 30
#: Programs hold the same words as what they read and write.
PROGRAMS = (Path(sys.prefix), Path(sys.base_prefix))

_libc = ctypes.CDLL(None, use_errno=True)
IN_CREATE, IN_MOVED_TO = 0x100, 0x80


class Created:
    """Names of whatever is made in a folder, however briefly: inotify(7)."""

    def __init__(self, folder):
        self._descriptor = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        mask = IN_CREATE | IN_MOVED_TO
        watch = _libc.inotify_add_watch(self._descriptor, os.fsencode(folder), mask)
        if self._descriptor < 0 or watch < 0:
            raise OSError(ctypes.get_errno(), "inotify does not work here")

    def names(self):
        found = []
        with suppress(BlockingIOError):
            while events := os.read(self._descriptor, 65536):
                at = 0
                while at < len(events):
                    length = struct.unpack_from("iIII", events, at)[3]
                    found.append(events[at + 16 : at + 16 + length].rstrip(b"\0").decode())
                    at += 16 + length
        return found

    def close(self):
        os.close(self._descriptor)


@dataclass
class Watcher:
    """Looks for `markers` (name: bytes). What it found is in `found`, what it looked at, `seen`.

    The first marker is this run's alone. spool: the portal's temporary folder. spared: folders that
    are the clients' own.
    """

    data: Path
    spool: Path
    markers: dict[str, bytes]
    spared: tuple[Path, ...] = ()
    found: set[str] = field(default_factory=set)
    seen: dict[str, int] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)

    def __post_init__(self):
        self._known = {}
        self._stop = threading.Event()
        self._error = None
        self._created = Created(self.spool)
        # What others have in the machine's own temporary folders is not the portal's.
        self._shared = [Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")]
        self._before = {path for folder in self._shared for path in folder.iterdir()}

    def __enter__(self):
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        self._created.close()
        if self._error is not None:
            raise self._error

    def _run(self):
        rows_at = 0.0
        try:
            while not self._stop.wait(PAUSE):
                self.look()
                if time.monotonic() > rows_at:
                    self.look_at_rows()
                    self.look_at_broker()
                    rows_at = time.monotonic() + ROWS_EVERY
            self.look()
        except Exception as error:  # noqa: BLE001 - raised again where the block ends
            self._error = error

    def look(self):
        """One look at files and open descriptors."""
        self.created += self._created.names()
        for process in self._processes():
            self._look_at_descriptors(process)
        for folder in (self.data, (self.data / "postgres").resolve(), self.spool):
            self._look_below(folder, "file")

    def look_at_shared_folders(self):
        """What is new in /tmp and the like, whoever made it: for the first marker, ours alone."""
        for folder in self._shared:
            for path in set(folder.iterdir()) - self._before:
                if path.is_dir() and not path.is_symlink():
                    self._look_below(path, "shared")
                else:
                    self._look_at(path, "shared")

    def look_at_rows(self):
        """Every row of every table, as text, where bytes are hexadecimal."""
        layout = DataLayout(self.data)
        with suppress(psycopg.OperationalError):
            dsn = EmbeddedPostgres(layout.postgres).dsn(OWNER)
            with psycopg.connect(dsn, autocommit=True) as connection:
                tables = connection.execute(
                    "select format('%I.%I', schemaname, tablename) from pg_tables "
                    "where schemaname = 'public'"
                ).fetchall()
                for (table,) in tables:
                    self._look_at_table(connection, table)

    def _look_at_table(self, connection, table):
        with suppress(psycopg.errors.UndefinedTable):
            for (row,) in connection.execute(f"select t::text from {table} t"):
                self._count("row")
                for name, marker in self.markers.items():
                    text = marker.decode("latin-1")
                    if marker.hex() in row or text in row:
                        self.found.add(f"{name} in a row of {table}")

    def look_at_broker(self):
        """Every value that the broker holds now."""
        layout = DataLayout(self.data)
        with (
            suppress(redis.RedisError),
            redis.Redis(unix_socket_path=str(layout.valkey_socket)) as broker,
        ):
            for key in broker.scan_iter():
                self._count("message")
                with suppress(redis.ResponseError):
                    self._search(broker.dump(key) or b"", f"the broker's {key!r}")

    def _processes(self):
        """The portal and all that it started, not whoever watches."""
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if "core.cli" in child.cmdline() and "up" in child.cmdline():
                    return [child, *child.children(recursive=True)]
        return []

    def _look_at_descriptors(self, process):
        with suppress(OSError):
            for descriptor in Path(f"/proc/{process.pid}/fd").iterdir():
                with suppress(OSError):
                    target = str(descriptor.readlink())
                    # /memfd: is memory; a pipe or a socket is no file.
                    if target.startswith("/") and not target.startswith(("/memfd:", "/dev/")):
                        self._look_at(descriptor, "descriptor", named=target)

    def _look_below(self, folder, kind):
        for parent, folders, names in os.walk(folder):
            folders[:] = [each for each in folders if Path(parent, each) not in self.spared]
            for name in names:
                self._look_at(Path(parent, name), kind)

    def _look_at(self, path, kind, *, named=None):
        """Read a file, if it changed since the last look."""
        with suppress(OSError):
            status = path.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
                return
            if not {*self.spared, *PROGRAMS}.isdisjoint(Path(named or path).parents):
                return
            place = (status.st_dev, status.st_ino)
            state = (status.st_mtime_ns, status.st_size)
            if self._known.get(place) == state:
                return
            self._known[place] = state
            self._count(kind)
            only = 1 if kind == "shared" else len(self.markers)
            self._search(path.read_bytes(), str(named or path), only)

    def _search(self, data, where, only=None):
        for name, marker in list(self.markers.items())[:only]:
            if marker in data:
                self.found.add(f"{name} in {where}")

    def _count(self, kind):
        self.seen[kind] = self.seen.get(kind, 0) + 1
