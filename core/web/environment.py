"""What the environment says, read once; everything missing is named in one error."""

import base64
import binascii
import os
from pathlib import Path

from core.embedded.layout import DataLayout
from core.errors import Misconfigured


class Environment:
    """Reads variables, and key files of the embedded default where it is on.

    Production has its secrets in the environment. The embedded default (CUSTOS_EMBEDDED=1, set by
    `custos up` and by tests) reads those which the supervisor made under the data folder.
    """

    def __init__(self, layout: DataLayout, *, embedded: bool) -> None:
        self.layout = layout
        self.embedded = embedded
        self.missing: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        """A setting; without a default it is required."""
        value = os.environ.get(name, default)
        if value is None:
            self.missing.append(name)
            return ""
        return value

    def _secret_text(self, name: str, file: str) -> str | None:
        if name in os.environ:
            return os.environ[name]
        path = Path(os.environ[f"{name}_FILE"]) if f"{name}_FILE" in os.environ else None
        if path is None and self.embedded:
            path = self.layout.key(file)
        if path is not None and path.is_file():
            return path.read_text().strip()
        self.missing.append(name)
        return None

    def key(self, name: str, file: str) -> bytes:
        """A key of 32 bytes, base64: from NAME, the file that NAME_FILE names, or `keys/file`."""
        value = self._secret_text(name, file)
        return b"" if value is None else self._decoded(name, value)

    def keys(self, name: str) -> list[bytes]:
        """Keys of 32 bytes each, base64 with commas between; none when NAME is not set."""
        return [
            self._decoded(name, value) for value in os.environ.get(name, "").split(",") if value
        ]

    @staticmethod
    def _decoded(name: str, value: str) -> bytes:
        try:
            raw = base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise Misconfigured(f"{name} is not base64.") from error
        if len(raw) != 32:
            raise Misconfigured(f"{name} must be 32 bytes in base64; it has {len(raw)}.")
        return raw

    def refuse_if_missing(self) -> None:
        """Raise Misconfigured, naming all that is missing."""
        if self.missing:
            names = ", ".join(sorted(set(self.missing)))
            raise Misconfigured(
                f"Custos does not start without: {names}. Set them in the environment or NAME_FILE "
                "to its file; `custos up` makes its own for the embedded default."
            )
