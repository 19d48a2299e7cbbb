"""The `custos` command: one list of subcommands, each loaded only when it is called.

The list names its targets by text, so that core imports nothing above it, `custos --help` answers
at once, and the tools that need no server never import Django.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import typer
from rich.console import Console
from rich.markup import escape

from core.errors import CustosError


@dataclass(frozen=True)
class Subcommand:
    """`target` is `module:function`; the function carries typer's annotations."""

    target: str
    summary: str
    panel: str


SERVICE = "The portal"
CLIENT = "At the portal, from your own machine"
ANYWHERE = "On your own machine, without a server"

COMMANDS = {
    "up": Subcommand(
        "core.supervisor.command:up", "Run the portal with all its parts; Ctrl-C stops it.", SERVICE
    ),
    "keys": Subcommand(
        "core.storage.keys_command:keys", "Replace keys while the portal runs.", SERVICE
    ),
    "demo": Subcommand(
        "core.demo.command:demo", "Take a clip the whole way and check every step.", SERVICE
    ),
    "login": Subcommand(
        "core.cli.login:login", "Keep an API token for the commands below.", CLIENT
    ),
    "logout": Subcommand("core.cli.login:logout", "Forget the token that is kept.", CLIENT),
    "projects": Subcommand("core.cli.listing:projects", "List projects.", CLIENT),
    "clips": Subcommand("core.cli.listing:clips", "List footage.", CLIENT),
    "batches": Subcommand("core.cli.listing:batches", "List batches.", CLIENT),
    "tasks": Subcommand("core.cli.listing:tasks", "List tasks.", CLIENT),
    "releases": Subcommand("core.cli.listing:releases", "List releases.", CLIENT),
    "upload": Subcommand(
        "tenants.intake.command:upload", "Send a file or a folder, resuming if cut.", CLIENT
    ),
    "verify": Subcommand(
        "core.audit.command:verify", "Check an evidence bundle of the access log.", ANYWHERE
    ),
    "certificate": Subcommand(
        "core.storage.command:certificate", "Check a certificate of erasure.", ANYWHERE
    ),
    "witness": Subcommand(
        "core.audit.witness_command:witness", "Watch an access log and cosign it.", ANYWHERE
    ),
    "pull": Subcommand(
        "workforce.delivery.pulling:pull", "Fetch a release, resuming if cut.", CLIENT
    ),
    "accept": Subcommand("core.cli.deciding:accept", "Accept a release.", CLIENT),
    "dispute": Subcommand("core.cli.deciding:dispute", "Dispute a release.", CLIENT),
    "check-release": Subcommand(
        "workforce.delivery.command:check", "Prove a release: signature, files, frames.", ANYWHERE
    ),
    "convert": Subcommand(
        "workforce.labels.command:convert", "Write labels in another format.", ANYWHERE
    ),
    "probe": Subcommand(
        "core.media.command:probe", "Tell what intake would say of a clip.", ANYWHERE
    ),
    "redact": Subcommand(
        "workforce.redaction.command:redact", "Blur faces and number plates in a clip.", ANYWHERE
    ),
    "score": Subcommand(
        "workforce.quality.command:score", "Score tracks against ground truth.", ANYWHERE
    ),
}

app = typer.Typer(
    name="custos",
    help="Footage comes in encrypted, labels go out proven.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def custos() -> None:
    """Footage comes in encrypted, labels go out proven."""


def _forward(name: str, target: str) -> Callable[[typer.Context], None]:
    """A stand-in that hands its arguments, unread, to the real command."""

    def forward(context: typer.Context) -> None:
        module, function = target.split(":")
        real = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        real.command()(getattr(import_module(module), function))
        typer.main.get_command(real)(args=context.args, prog_name=f"custos {name}")

    return forward


for _name, _command in COMMANDS.items():
    app.command(
        _name,
        help=_command.summary,
        rich_help_panel=_command.panel,
        add_help_option=False,
        context_settings={
            "allow_extra_args": True,
            "ignore_unknown_options": True,
            "allow_interspersed_args": False,
        },
    )(_forward(_name, _command.target))


def main() -> None:
    """Run one command; an error of ours is one line on stderr and exit code 2."""
    try:
        app(prog_name="custos")
    except CustosError as error:
        Console(stderr=True).print(f"[red]{escape(error.message)}[/red]", soft_wrap=True)
        sys.exit(2)
