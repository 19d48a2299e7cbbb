"""`custos projects`, `clips`, `batches`, `tasks`, `releases`: what there is, as a table or JSON."""

import json
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from core.cli.options import Json, Tenant, Token, Url
from core.cli.places import place_of
from core.cli.portal import Portal

ONLY_PROJECT = "Only of this project, by its id."


class Act(StrEnum):
    LIST = "list"


What = Annotated[Act, typer.Argument(help="What to do.")]
Most = Annotated[int, typer.Option("--limit", min=1, help="How many at most.")]
State = Annotated[str, typer.Option(help="Only in this state.")]


def projects(
    act: What = Act.LIST,
    *,
    limit: Most = 100,
    as_json: Json = False,
    url: Url = "",
    tenant: Tenant = "",
    token: Token = "",
) -> None:
    """List projects."""
    with Portal(place_of(url, tenant, token)) as portal:
        rows = portal.rows("projects", _page(limit), most=limit)
        _show(rows, ["slug", "name", "created_at", "id"], as_json=as_json)


def clips(
    act: What = Act.LIST,
    *,
    project: Annotated[str, typer.Option(help="Only of this project, by its id or slug.")] = "",
    state: State = "",
    limit: Most = 100,
    as_json: Json = False,
    url: Url = "",
    tenant: Tenant = "",
    token: Token = "",
) -> None:
    """List footage, newest first."""
    asked = {**_page(limit), **_given(project=project, state=state)}
    with Portal(place_of(url, tenant, token)) as portal:
        columns = ["filename", "project_slug", "state", "size", "frame_count", "created_at", "id"]
        _show(portal.rows("clips", asked, most=limit), columns, as_json=as_json)


def batches(
    act: What = Act.LIST,
    *,
    limit: Most = 100,
    as_json: Json = False,
    url: Url = "",
    tenant: Tenant = "",
    token: Token = "",
) -> None:
    """List batches, newest first."""
    with Portal(place_of(url, tenant, token)) as portal:
        rows = portal.rows("batches", _page(limit), most=limit)
        _show(rows, ["name", "project", "created_at", "id"], as_json=as_json)


def tasks(
    act: What = Act.LIST,
    *,
    project: Annotated[str, typer.Option(help=ONLY_PROJECT)] = "",
    clip: Annotated[str, typer.Option(help="Only of this clip, by its id.")] = "",
    state: State = "",
    limit: Most = 100,
    as_json: Json = False,
    url: Url = "",
    tenant: Tenant = "",
    token: Token = "",
) -> None:
    """List tasks, by clip and frame."""
    asked = {**_page(limit), **_given(project=project, clip=clip, state=state)}
    with Portal(place_of(url, tenant, token)) as portal:
        columns = ["clip", "start_frame", "end_frame", "task_type", "state", "id"]
        _show(portal.rows("tasks", asked, most=limit), columns, as_json=as_json)


def releases(
    act: What = Act.LIST,
    *,
    limit: Most = 100,
    as_json: Json = False,
    url: Url = "",
    tenant: Tenant = "",
    token: Token = "",
) -> None:
    """List releases, newest first."""
    with Portal(place_of(url, tenant, token)) as portal:
        rows = portal.rows("releases", _page(limit), most=limit)
        _show(rows, ["number", "project", "state", "size", "created_at", "id"], as_json=as_json)


def _page(limit: int) -> dict[str, str | int]:
    return {"limit": min(limit, 500)}


def _given(**filters: str) -> dict[str, str | int]:
    return {name: value for name, value in filters.items() if value}


def _show(rows: Iterable[dict[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows as they come, or as a table that is no narrower in a pipe than on a screen."""
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row))
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in columns))
    if not table.row_count:
        typer.echo("There is none.", err=True)
        return
    width = None if sys.stdout.isatty() else 240
    Console(width=width, highlight=False, markup=False).print(table)


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
