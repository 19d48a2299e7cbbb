"""Why a demo stops."""

from core.errors import CustosError


class DemoStopped(CustosError):
    """A step could not go on: a door answered otherwise than agreed, or a part did not start."""

    code = "demo_stopped"
