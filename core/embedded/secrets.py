"""Keys that development and the demo make for themselves.

Production takes its secrets from the environment and refuses to start without them; nothing here is
called there.
"""

import base64
import os
import secrets
from pathlib import Path

from core.embedded.folders import private_folder
from core.embedded.layout import DataLayout
from core.errors import Misconfigured

KEY_BYTES = 32

#: The key files that the settings of the embedded default read.
KEY_FILES = ("secret_key", "root_kek", "log_signing", "release_signing")


def ensure_keys(layout: DataLayout) -> None:
    """Make every key of the embedded default that `layout` has not got yet."""
    for name in KEY_FILES:
        ensure_key(layout.key(name))


def ensure_key(path: Path) -> bytes:
    """The 32 random bytes kept in `path` as base64, made with mode 0600 when there are none.

    Two processes may ask at once: both get the same key. Raises Misconfigured when the file holds
    anything else, or when others may read it.
    """
    private_folder(path.parent)
    if not path.exists():
        _write_new(path, base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
    return read_key(path)


def read_key(path: Path) -> bytes:
    """The 32 bytes in `path`. Raises Misconfigured when they are missing, unfit or not private."""
    try:
        mode = path.stat().st_mode
        text = path.read_text("ascii")
    except (FileNotFoundError, UnicodeDecodeError) as broken:
        raise Misconfigured(f"There is no usable key in {path}.") from broken
    if mode & 0o077:
        raise Misconfigured(f"Others may read the key file {path}: chmod 600 it.")
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError as broken:
        raise Misconfigured(f"The key in {path} is not base64.") from broken
    if len(key) != KEY_BYTES:
        raise Misconfigured(f"The key in {path} has {len(key)} bytes, not {KEY_BYTES}.")
    return key


def _write_new(path: Path, text: bytes) -> None:
    """Write whole or not at all; keep the other one's when another process was first."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
