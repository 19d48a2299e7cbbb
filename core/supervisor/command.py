"""`custos up`: the whole portal on one machine."""

import os
import socket
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from importlib import import_module
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from core.embedded.layout import DataLayout
from core.embedded.secrets import ensure_keys
from core.errors import Conflict
from core.media.standing import sandbox_state
from core.supervisor.lock import only_one, write_state
from core.supervisor.output import Lines
from core.supervisor.parts import Part
from core.supervisor.plan import base_environment, commands, embedded_services, preparations
from core.supervisor.supervisor import Supervisor

HOST = "127.0.0.1"


def up(
    *,
    port: Annotated[int, typer.Option(help="Port on this machine; 0 takes a free one.")] = 8000,
    workers: Annotated[int, typer.Option(help="Jobs done at the same time.", min=1)] = min(
        os.cpu_count() or 1, 4
    ),
    embedded: Annotated[
        bool,
        typer.Option(
            help="With a database and a broker of its own, and keys made at first start;"
            " without: all of them from the environment."
        ),
    ] = True,
) -> None:
    """Run the portal: database, broker, web, workers, log sequencer and job sweeper.

    A part that crashes is started again. Ctrl-C stops everything in order; a second one at once.
    Data are in CUSTOS_DATA (default: var/dev).
    """
    layout = DataLayout.from_environment()
    if not embedded:
        refuse_without_secrets()
    with only_one(layout):
        run(layout, port=_usable_port(port), workers=workers, embedded=embedded)


def refuse_without_secrets() -> None:
    """Read the production settings now, so that what is missing is said in one line.

    Raises Misconfigured. Imported by name: only this command needs them, and only here.
    """
    os.environ["CUSTOS_EMBEDDED"] = "0"
    import_module("core.web.settings")


def run(layout: DataLayout, *, port: int, workers: int, embedded: bool) -> None:
    """Run until a stop signal. Raises Unavailable when the portal cannot start."""
    console = Console(stderr=False, highlight=False)
    url = f"http://{HOST}:{port}"
    environment = base_environment(layout, embedded=embedded, url=url)
    if embedded:
        ensure_keys(layout)
        layout.objects.mkdir(mode=0o700, exist_ok=True)
    services = embedded_services(layout) if embedded else []
    ours = commands(environment, host=HOST, port=port, workers=workers)
    first = preparations(environment)
    parts: list[Part] = [*services, *first, *ours]
    announced = False

    def publish() -> None:
        nonlocal announced
        write_state(
            layout,
            {
                "pid": os.getpid(),
                "url": url,
                "ready": supervisor.ready,
                "parts": supervisor.processes(),
            },
        )
        if supervisor.ready and not announced:
            announced = True
            # By its name: passkeys can't be bound to an IP address.
            named = url.replace(HOST, "localhost")
            console.print(f"Custos is ready at {named}", style="bold green", soft_wrap=True)
            if layout.postgres.is_symlink():
                console.print(
                    f"Its database is in {layout.postgres.readlink()}, because the user who runs "
                    f"PostgreSQL cannot enter {layout.root}.",
                    soft_wrap=True,
                )

    supervisor = Supervisor(
        services=services,
        preparations=first,
        commands=ours,
        lines=Lines(console, [part.name for part in parts]),
        is_ready=lambda: _answers(port),
        changed=publish,
    )
    console.print(f"Custos starts. Its data are in {layout.root}.", soft_wrap=True)
    console.print(sandbox_line(sandbox_state()), soft_wrap=True)
    supervisor.run()
    console.print("Custos has stopped.")


def sandbox_line(state: str) -> Text:
    """Tell whether a decoder is kept from this machine's files; state: of `sandbox_state`."""
    if state == "ok":
        return Text("Landlock is enforced: a media decoder sees no file of this machine.")
    return Text(f"Media sandbox: {state}", style="bold yellow")


def _answers(port: int) -> bool:
    """Whether the web says that it is alive."""
    connection = HTTPConnection(HOST, port, timeout=2)
    with closing(connection):
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False


def _usable_port(port: int) -> int:
    """`port`, or a free one for 0. Raises Conflict when somebody else listens there."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as taken:
            raise Conflict(
                f"Port {port} cannot be used ({taken.strerror}): name another with --port."
            ) from taken
        number: int = probe.getsockname()[1]
        return number
