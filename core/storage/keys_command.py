"""`custos keys rotate`: replace an organization's key, or move all under the active root key."""

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer

from core.embedded.layout import DataLayout


class Act(StrEnum):
    ROTATE = "rotate"


def keys(
    act: Annotated[Act, typer.Argument(help="What to do.")],
    organization: Annotated[
        str, typer.Argument(help="The slug of the organization that gets a new key.")
    ] = "",
    *,
    root: Annotated[
        bool,
        typer.Option("--root", help="Move all keys and sealed secrets under the active root key."),
    ] = False,
) -> None:
    """Replace keys while the portal runs, with its progress; run it again if it was stopped.

    Wants what `custos up` wants: the data folder in CUSTOS_DATA, or with CUSTOS_EMBEDDED=0 all
    secrets in the environment. No footage is encrypted anew.
    """
    if root == bool(organization):
        raise typer.BadParameter("Name one organization, or give --root.")
    environment = {
        **os.environ,
        "CUSTOS_DATA": str(DataLayout.from_environment().root),
        "CUSTOS_EMBEDDED": os.environ.get("CUSTOS_EMBEDDED", "1"),
        "DJANGO_SETTINGS_MODULE": "core.web.settings",
    }
    what = "--root" if root else organization
    # A process of its own: this one has no settings, as tools that need no server share its start.
    command = [sys.executable, "-P", "-m", "django", f"{act}_keys", what]
    os.execve(sys.executable, command, environment)  # noqa: S606
