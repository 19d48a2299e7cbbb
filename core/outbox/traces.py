"""What is kept of an error: where it happened and its kind, never values that it happened to quote.

A database names the row that broke a rule, a decoder the bytes that it met, an HTTP client the
address with its token. The operator needs the place and the kind of failure; our own errors
(core.errors) are written to be shown and are kept as they are.
"""

import re
import traceback
from typing import Final

from core.errors import CustosError

LONGEST: Final = 4000
_LONGEST_MESSAGE: Final = 300
_FRAMES: Final = 12

_SECRETS: Final = [
    # PostgreSQL tells the values of the row below the message itself.
    (re.compile(r"\n?(DETAIL|CONTEXT|HINT|QUERY|STATEMENT):.*", re.DOTALL), ""),
    (re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE), "[address]"),
    (re.compile(r"\b[\w.+-]+@[\w-]+(\.[\w-]+)+\b"), "[e-mail]"),
    (re.compile(r"b?'[^'\n]*'|b?\"[^\"\n]*\"|«[^»]*»|“[^”]*”"), "[value]"),
    (re.compile(r"\b(?=\w*\d)[A-Za-z0-9+/_-]{24,}={0,2}"), "[value]"),
    (re.compile(r"(?i)\b(bearer|password|passwd|secret|token|key)\b\s*[=:]?\s*\S+"), r"\1 [value]"),
]
_IDENTIFIER: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def scrubbed(text: str) -> str:
    """Give a message without addresses, quoted values, secrets and long encoded strings."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(lambda m, instead=instead: _masked(m, instead), text)  # type: ignore[misc]
    return text.strip()[:_LONGEST_MESSAGE]


def _masked(found: re.Match[str], instead: str) -> str:
    """Ids are no secret: they are what the operator looks for."""
    return found.group() if _IDENTIFIER.fullmatch(found.group()) else found.expand(instead)


def told(error: BaseException) -> str:
    """Give one line: the error's kind and its scrubbed message."""
    words = str(error) if isinstance(error, CustosError) else scrubbed(str(error))
    name = type(error).__qualname__
    return f"{name}: {words}" if words else name


def trace(error: BaseException) -> str:
    """Give the chain of errors, oldest first, each with its places; at most LONGEST characters."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n\n".join(_one(part) for part in reversed(chain))[-LONGEST:]


def _one(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"  {_short(f.filename)}:{f.lineno} in {f.name}" for f in frames]
    return "\n".join([*places, told(error)])


def _short(path: str) -> str:
    """The last three parts of a path: enough to find the line, silent about the machine."""
    return "/".join(path.rsplit("/", 3)[-3:])
