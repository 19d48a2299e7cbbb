"""`custos accept` and `custos dispute`: answer a release."""

import json
from typing import Annotated, Any

import typer

from core.cli.options import Json, Tenant, Token, Url
from core.cli.places import place_of
from core.cli.portal import Portal

Release = Annotated[str, typer.Argument(help="The release, by its id.")]


def accept(
    release: Release,
    *,
    as_json: Json = False,
    url: Url = "",
    tenant: Tenant = "",
    token: Token = "",
) -> None:
    """Accept a release: its units become chargeable, and its clocks stop for good."""
    with Portal(place_of(url, tenant, token)) as portal:
        _tell(portal.post(f"releases/{release}/accept"), as_json=as_json)


def dispute(
    release: Release,
    *,
    reason: Annotated[str, typer.Option(help="What is wrong, in words.")],
    pin: Annotated[
        list[str] | None,
        typer.Option(help="CLIP:FRAME:TEXT, a frame where it shows; as often as you like."),
    ] = None,
    identity: Annotated[
        list[str] | None,
        typer.Option(help="As --pin, where the labels are right but not who it is elsewhere."),
    ] = None,
    as_json: Json = False,
    url: Url = "",
    tenant: Tenant = "",
    token: Token = "",
) -> None:
    """Dispute a release, with a reason and frames where it shows."""
    pins = [_pin(text) for text in pin or []]
    pins += [_pin(text) | {"identity": True} for text in identity or []]
    body = {"reason": reason, "pins": pins}
    with Portal(place_of(url, tenant, token)) as portal:
        _tell(portal.post(f"releases/{release}/dispute", body), as_json=as_json)


def _pin(text: str) -> dict[str, Any]:
    clip, _, rest = text.partition(":")
    frame, _, words = rest.partition(":")
    if not frame.isdecimal() or not words:
        raise typer.BadParameter(f"{text}: write CLIP:FRAME:TEXT.", param_hint="--pin")
    return {"clip": clip, "frame": int(frame), "text": words}


def _tell(release: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(release))
        return
    typer.echo(f"Version {release['number']} is {release['state']}.")
