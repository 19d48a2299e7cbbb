"""Where one installation keeps its data.

One folder (`CUSTOS_DATA`) holds everything of a machine; settings, supervisor and tools all ask
`DataLayout` for the places in it, so that no two of them can disagree.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_DATA = REPOSITORY / "var" / "dev"

# sockaddr_un.sun_path holds 108 bytes with its final zero (unix(7)).
SOCKET_PATH_LIMIT = 107
POSTGRES_SOCKET_NAME = ".s.PGSQL.5432"


@dataclass(frozen=True)
class DataLayout:
    """The folders and sockets below one data folder. Asking creates nothing."""

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(self.root).expanduser().absolute())

    @classmethod
    def from_environment(cls) -> "DataLayout":
        """The folder that CUSTOS_DATA names, or `var/dev` in the repository."""
        return cls(Path(os.environ.get("CUSTOS_DATA") or DEFAULT_DATA))

    @property
    def postgres(self) -> Path:
        """Home of the embedded cluster; a link where the database user cannot reach `root`."""
        return self.root / "postgres"

    @property
    def postgres_socket(self) -> Path:
        """Folder of the database socket: the `host` of a connection."""
        return postgres_socket_folder(self.postgres)

    @property
    def postgres_host(self) -> str:
        return str(self.postgres_socket)

    @property
    def valkey(self) -> Path:
        """Folder of the broker's append-only file."""
        return self.root / "valkey"

    @property
    def valkey_socket(self) -> Path:
        return within_socket_limit(self.run / "valkey.sock")

    @property
    def valkey_url(self) -> str:
        return f"redis+socket://{self.valkey_socket}"

    @property
    def objects(self) -> Path:
        """The local object store: ciphertext only."""
        return self.root / "objects"

    @property
    def keys(self) -> Path:
        """Key files made for development and the demo, mode 0600."""
        return self.root / "keys"

    @property
    def run(self) -> Path:
        """Lock, sockets and state of the running supervisor."""
        return self.root / "run"

    def key(self, name: str) -> Path:
        """The file of one named key."""
        return self.keys / name


def postgres_socket_folder(home: Path) -> Path:
    """The socket folder of the cluster that lives in `home`."""
    return within_socket_limit(home / "socket" / POSTGRES_SOCKET_NAME).parent


def within_socket_limit(socket: Path) -> Path:
    """`socket`, or a short path in its place where the kernel would refuse its length.

    A comma is refused too: libpq would read two hosts.
    """
    raw = os.fsencode(socket)
    if len(raw) <= SOCKET_PATH_LIMIT and b"," not in raw:
        return socket
    digest = hashlib.sha256(os.fsencode(socket.parent)).hexdigest()[:16]
    return Path(f"/tmp/custos-{os.geteuid()}-{digest}") / socket.name  # noqa: S108 (private_folder checks its owner)
