"""Can this machine confine a media child? Asked by trying it."""

from datetime import datetime, timedelta
from typing import Final

from core.clock import now
from core.errors import CustosError
from core.media.sandbox import ALLOW_NO_LANDLOCK, Child, Limits

_LIMITS: Final = Limits(wall_seconds=30, cpu_seconds=30)
_BELIEVED_FOR: Final = timedelta(minutes=5)
_last: dict[str, datetime] = {}


def sandbox_state() -> str:
    """`ok`, or what this machine lacks. A good answer is believed for five minutes."""
    for state, asked in _last.items():
        if now() - asked < _BELIEVED_FOR:
            return state
    _last.clear()
    try:
        state = _state()
    except (CustosError, OSError) as error:
        return str(error)
    _last[state] = now()
    return state


def forget() -> None:
    """Ask anew next time."""
    _last.clear()


def _state() -> str:
    with Child("core.media.inside.standing:tell", limits=_LIMITS) as child:
        (message,) = child.messages()
    said = message.value if isinstance(message.value, dict) else {}
    if said.get("landlock"):
        return "ok"
    return f"without Landlock, as {ALLOW_NO_LANDLOCK}=1 accepts: a decoder may see files"
