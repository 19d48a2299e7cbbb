"""A real PostgreSQL under our own launcher, for development, tests and one-machine installations.

The wheel's own launcher widens folder rights, trusts every local user and takes a zombie for a live
server. This one listens on a Unix socket in a private folder only, lets in this operating-system
user alone (peer), and as root runs the server as an unprivileged user.
"""

import os
import pwd
import secrets
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from core.embedded.folders import private_folder, reachable
from core.embedded.layout import postgres_socket_folder
from core.embedded.postgres_binaries import binaries_for
from core.embedded.process import command_line, end_with_parent, is_alive
from core.errors import Misconfigured, Unavailable

SUPERUSER = "postgres"
MAINTENANCE_DATABASE = "postgres"
DATABASE = "custos"
OWNER = "custos_owner"
APP = "custos_app"

# Where a cluster goes when its user cannot enter the data folder; the last survives no clean-up.
ELSEWHERE = (Path("/var/lib"), Path("/var/tmp"), Path("/tmp"))  # noqa: S108

_START_SECONDS = 60
_ATTEMPTS = 5
_STOP_SECONDS = 30
_LOG_BYTES = 8 * 1024 * 1024

# No service holds a transaction over network, file or child-process work: one that lasts this long
# is a defect, and it would hold back the log's snapshot horizon for everybody.
_APP_TRANSACTION_TIMEOUT = "30s"

_SPEED_OVER_DURABILITY = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum_naptime=1h",
)


@dataclass(frozen=True)
class ServerUser:
    """The operating-system user that runs the server."""

    uid: int
    gid: int
    name: str


def server_user() -> ServerUser:
    """Ourselves; as root the user named by CUSTOS_POSTGRES_USER (default nobody)."""
    uid = os.geteuid()
    try:
        if uid == 0:
            entry = pwd.getpwnam(os.environ.get("CUSTOS_POSTGRES_USER", "nobody"))
        else:
            entry = pwd.getpwuid(uid)
    except KeyError as missing:
        raise Misconfigured(
            f"PostgreSQL needs a user with an entry in the password file: {missing.args[0]}."
        ) from missing
    return ServerUser(entry.pw_uid, entry.pw_gid, entry.pw_name)


class EmbeddedPostgres:
    """One cluster in `home`, with one database, its owner role and the application's role.

    Neither role is a superuser; the application's is bound by row-level security and by a
    transaction timeout of 30 s. `durable=False` gives a fast cluster for tests, whose owner may
    also create databases and which has no timeout: there the transaction around a whole test, on a
    busy machine, is no defect of a service.
    """

    def __init__(
        self,
        home: Path,
        database: str = DATABASE,
        owner: str = OWNER,
        app: str = APP,
        *,
        durable: bool = True,
        elsewhere: Sequence[Path] = ELSEWHERE,
    ) -> None:
        self.home = Path(home).absolute()
        self.database = database
        self.owner = owner
        self.app = app
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        self._elsewhere = elsewhere
        self._user = server_user()
        self._bin = Path()

    @property
    def socket_dir(self) -> Path:
        """Folder of the socket: the `host` of a connection."""
        return postgres_socket_folder(self.home)

    @property
    def data(self) -> Path:
        """Where the cluster really is, links followed."""
        return self.home.resolve() / "data"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    def dsn(self, user: str, database: str | None = None) -> str:
        """Connection string for one of the roles; to the service's database by default."""
        return make_conninfo(host=str(self.socket_dir), user=user, dbname=database or self.database)

    def start(self) -> None:
        """Make the cluster if there is none, run it, and return when it takes connections.

        Does nothing when this object's server already runs. A server that was killed is replaced;
        one that is still shutting down is waited for. Raises Unavailable with the end of its log
        when it does not come up.
        """
        if self.process is not None and self._accepts_connections(self.process):
            return
        self._prepare()
        for _ in range(_ATTEMPTS):
            self._await_predecessor()
            self.process = self._spawn()
            if self._accepts_connections(self.process):
                self._provision()
                return
            # Backends of a killed server hold its shared memory for a moment: try again.
            time.sleep(0.2)
        raise Unavailable(f"PostgreSQL did not start. The end of {self.log}:\n{self._log_tail()}")

    def stop(self) -> None:
        """End the server in order; open connections are cut off. Does nothing when none runs."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # "fast shutdown"
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)  # "immediate": recovers at the next start
                self.process.wait(_STOP_SECONDS)
        self.process = None

    def clone_database(self, template: str, name: str) -> None:
        """Create database `name` as a copy of `template`, to which nobody may be connected."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        self._administer(
            statement.format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(self.owner)
            )
        )

    def drop_database(self, name: str) -> None:
        """Drop database `name` if it exists, cutting off whoever uses it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._administer(statement.format(sql.Identifier(name)))

    def _administer(self, statement: sql.Composed) -> None:
        with self._superuser() as connection:
            connection.execute(statement)

    def _superuser(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.dsn(SUPERUSER, MAINTENANCE_DATABASE), autocommit=True)

    def _prepare(self) -> None:
        user = self._user
        self._settle_home()
        self._bin = binaries_for(uid=user.uid, gid=user.gid, copy_below=self.home.resolve())
        private_folder(self.socket_dir, owner=user.uid)
        private_folder(self.data, owner=user.uid)
        if not (self.data / "PG_VERSION").exists():
            self._init()
        self._write_access_rules()
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _settle_home(self) -> None:
        """Make `home`, or link it to a folder that the server's user can reach."""
        user, gids = self._user, frozenset({self._user.gid})
        mode = 0o711 if user.uid != os.geteuid() else 0o700
        if self.home.is_symlink():
            if not self.home.is_dir():
                raise Misconfigured(
                    f"The database folder {self.home.readlink()} is gone. Restore it, or remove "
                    f"the link {self.home} to begin with an empty database."
                )
            return
        new = not self.home.exists()
        if new:
            self.home.mkdir(mode=mode, parents=True)
        if reachable(self.home.parent, uid=user.uid, gids=gids):
            self.home.chmod(mode)
            return
        if not new and any(self.home.iterdir()):
            raise Misconfigured(
                f"User {user.name}, who runs PostgreSQL, cannot enter {self.home}: grant passage "
                f"(chmod o+x) on the folders above it."
            )
        self.home.rmdir()
        self.home.symlink_to(self._folder_elsewhere(mode))

    def _folder_elsewhere(self, mode: int) -> Path:
        user = self._user
        for parent in self._elsewhere:
            if os.access(parent, os.W_OK) and reachable(
                parent, uid=user.uid, gids=frozenset({user.gid})
            ):
                folder = parent / f"custos-{os.geteuid()}-{secrets.token_hex(4)}"
                folder.mkdir()
                folder.chmod(mode)
                return folder
        raise Misconfigured(
            f"User {user.name}, who runs PostgreSQL, can enter neither {self.home.parent} nor "
            f"{', '.join(map(str, self._elsewhere))}: set CUSTOS_DATA to a folder it can enter."
        )

    def _init(self) -> None:
        made = subprocess.run(
            [
                self._bin / "initdb",
                f"--pgdata={self.data}",
                f"--username={SUPERUSER}",
                "--auth-local=peer",
                "--auth-host=reject",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--data-checksums",
                "--no-sync",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            env=_environment(),
            user=self._user.uid,
            group=self._user.gid,
            extra_groups=self._extra_groups(),
            check=False,
        )
        if made.returncode != 0:
            raise Unavailable(f"initdb failed in {self.data}: {os.fsdecode(made.stderr).strip()}")
        if self.durable:
            os.sync()

    def _extra_groups(self) -> list[int] | None:
        """None keeps ours: only root may give groups away."""
        return [] if os.geteuid() == 0 else None

    def _write_access_rules(self) -> None:
        """Only this user and the server's own come in, over the socket, as one of three roles."""
        people = sorted({pwd.getpwuid(os.geteuid()).pw_name, self._user.name})
        roles = (SUPERUSER, self.owner, self.app)
        idents = "".join(f'custos "{who}" "{role}"\n' for who in people for role in roles)
        for name, text in (("hba.conf", "local all all peer map=custos\n"), ("ident.conf", idents)):
            file = self.home / name
            file.write_text(text)
            file.chmod(0o644)

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = (
            "listen_addresses=",
            f"hba_file={self.home.resolve() / 'hba.conf'}",
            f"ident_file={self.home.resolve() / 'ident.conf'}",
            f"unix_socket_directories={_listed(self.socket_dir.resolve())}",
            "max_connections=100",
            "shared_buffers=128MB",
            "timezone=UTC",
            "log_timezone=UTC",
            *(() if self.durable else _SPEED_OVER_DURABILITY),
        )
        options = [part for setting in settings for part in ("-c", setting)]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [self._bin / "postgres", "-D", self.data, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=_environment(),
                start_new_session=True,  # the terminal's Ctrl-C is for the supervisor to pass on
                user=self._user.uid,
                group=self._user.gid,
                extra_groups=self._extra_groups(),
                umask=0o077,
                preexec_fn=end_with_parent(signal.SIGINT),  # noqa: PLW1509 (runs no Python imports)
            )

    def _await_predecessor(self) -> None:
        """Let an earlier server of this cluster finish, and clear away a killed one's pid file.

        PostgreSQL itself asks only whether some process has that id: a zombie, or a stranger that
        got the number after a reboot, would keep it from starting.
        """
        pid_file = self.data / "postmaster.pid"
        give_up = time.monotonic() + _START_SECONDS
        while pid := _recorded_pid(pid_file):
            if not (is_alive(pid) and str(self.data) in command_line(pid)):
                pid_file.unlink(missing_ok=True)
                return
            if time.monotonic() > give_up:
                raise Unavailable(
                    f"Another PostgreSQL (process {pid}) runs on {self.data}: stop it first."
                )
            time.sleep(0.05)

    def _accepts_connections(self, process: subprocess.Popen[bytes]) -> bool:
        give_up = time.monotonic() + _START_SECONDS
        while process.poll() is None:
            try:
                self._superuser().close()
            except psycopg.OperationalError:
                if time.monotonic() > give_up:
                    process.kill()
                    process.wait()
                    return False
                time.sleep(0.02)
            else:
                return True
        return False

    def _provision(self) -> None:
        """Make the two roles and the database where they are missing."""
        with self._superuser() as connection:
            for role in (self.owner, self.app):
                if not _exists(connection, "pg_roles", "rolname", role):
                    connection.execute(
                        sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS").format(
                            sql.Identifier(role)
                        )
                    )
            if not self.durable:
                connection.execute(
                    sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(self.owner))
                )
            connection.execute(
                sql.SQL("ALTER ROLE {} SET transaction_timeout = {}").format(
                    sql.Identifier(self.app),
                    sql.Literal(_APP_TRANSACTION_TIMEOUT if self.durable else "0"),
                )
            )
            if not _exists(connection, "pg_database", "datname", self.database):
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(self.database), sql.Identifier(self.owner)
                    )
                )

    def _log_tail(self) -> str:
        return os.fsdecode(self.log.read_bytes()[-2000:])


def _environment() -> dict[str, str]:
    """Nothing of ours: a PGDATA or a locale of the caller must not steer the server."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _listed(folder: Path) -> str:
    """One item of a list setting: quoted, so that spaces and commas stay in the name."""
    return '"' + str(folder).replace('"', '""') + '"'


def _recorded_pid(pid_file: Path) -> int | None:
    try:
        first_line = pid_file.read_text().split("\n", 1)[0]
    except FileNotFoundError:
        return None
    return int(first_line) if first_line.isdigit() else None


def _exists(
    connection: psycopg.Connection[tuple[object, ...]], table: str, column: str, value: str
) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(
        sql.Identifier(table), sql.Identifier(column)
    )
    return connection.execute(query, (value,)).fetchone() is not None
