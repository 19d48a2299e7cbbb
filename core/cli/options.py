"""Options that all commands of the portal share. What is left out is taken from `custos login`."""

from typing import Annotated

import typer

Url = Annotated[str, typer.Option(envvar="CUSTOS_URL", help="The portal.")]
Tenant = Annotated[
    str, typer.Option(envvar="CUSTOS_TENANT", help="Your organization, by its slug.")
]
Token = Annotated[
    str, typer.Option(envvar="CUSTOS_TOKEN", help="An API token; better in the environment.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
