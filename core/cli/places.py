"""Where `custos` works: the portal, the organization and the token, as `custos login` keeps them.

The file is readable by its owner alone. What a command or the environment names wins over it.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from core.errors import NotSignedIn

DEFAULT_URL: Final = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Place:
    """`tenant`: the slug of the organization that the token is for."""

    url: str
    tenant: str
    token: str


def kept_in() -> Path:
    """Give the file: credentials.json in XDG_CONFIG_HOME/custos."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "custos" / "credentials.json"


def keep(place: Place) -> Path:
    """Write a place down, for its owner's eyes only; gives the file."""
    file = kept_in()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump(asdict(place), out)
    new.replace(file)
    return file


def forget() -> bool:
    """Delete what is kept; say whether there was anything."""
    there = kept_in().exists()
    kept_in().unlink(missing_ok=True)
    return there


def kept() -> Place | None:
    """Give what is kept. Raises NotSignedIn for a file that can't be read as such."""
    try:
        return Place(**json.loads(kept_in().read_text()))
    except FileNotFoundError:
        return None
    except (TypeError, ValueError) as error:
        raise NotSignedIn(f"{kept_in()} is damaged: run `custos login` again.") from error


def place_of(url: str, tenant: str, token: str) -> Place:
    """Fill up what was not named from what is kept.

    A kept token goes only to the portal that it was kept for. Raises NotSignedIn where something
    is missing.
    """
    known = kept()
    here = url or (known.url if known else DEFAULT_URL)
    if known is not None and known.url == here:
        tenant = tenant or known.tenant
        token = token or known.token
    if not tenant or not token:
        raise NotSignedIn(
            "Run `custos login` first, or name --tenant and --token (CUSTOS_TENANT, CUSTOS_TOKEN)."
        )
    return Place(here, tenant, token)
