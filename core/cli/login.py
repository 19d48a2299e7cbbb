"""`custos login` and `custos logout`: keep a token for the other commands, or forget it."""

from typing import Annotated

import typer

from core.cli.options import Url
from core.cli.places import DEFAULT_URL, Place, forget, keep
from core.cli.portal import Portal
from core.errors import NotFound, NotSignedIn


def login(
    *,
    url: Url = "",
    tenant: Annotated[
        str,
        typer.Option(envvar="CUSTOS_TENANT", help="Your organization, by its slug."),
    ] = "",
) -> None:
    """Ask for an API token, try it, and keep it for the other commands.

    Make one on your account's page, under Tokens. It is kept in ~/.config/custos, readable by you
    alone, and goes to this portal only. `custos logout` forgets it; revoke it on the same page.
    """
    where = url or typer.prompt("Portal", default=DEFAULT_URL)
    slug = tenant or typer.prompt("Organization (its slug)")
    token = typer.prompt("API token", hide_input=True).strip()
    place = Place(where.rstrip("/"), slug, token)
    with Portal(place) as portal:
        person = portal.me()
    slugs = [one["slug"] for one in person["organizations"]]
    if slug not in slugs:
        known = ", ".join(slugs) or "none"
        raise NotFound(f"{person['email']} does not work for {slug}; known here: {known}.")
    file = keep(place)
    typer.echo(f"You are {person['email']} at {slug}. Kept in {file}.")


def logout() -> None:
    """Forget the token that is kept here. It works on until it is revoked or expires."""
    if not forget():
        raise NotSignedIn("No token is kept here.")
    typer.echo("Forgotten. Revoke the token on your account's page if others may have it.")
