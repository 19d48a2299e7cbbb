"""How many requests one caller may send a minute, told in the headers of the IETF's draft.

Counted in the shared cache, for all processes together. While Valkey is away each process counts
for itself: a limit that is several times too wide, and still one; nobody is shut out by an outage.
"""

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from core.clock import now
from core.errors import TooManyRequests
from core.web.shared_cache import shared

WINDOW: Final = 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller may still send. `reset`: seconds until the window is over."""

    policy: str
    quota: int
    left: int
    reset: int

    def write(self, answer: HttpResponseBase) -> None:
        """Add RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers)."""
        answer["RateLimit-Policy"] = f'"{self.policy}";q={self.quota};w={WINDOW}'
        answer["RateLimit"] = f'"{self.policy}";r={max(self.left, 0)};t={self.reset}'


def _caller(user: Any, token: Any, request: HttpRequest) -> tuple[str, str]:
    """Name the policy and who is counted: a token, a person, or a network that nobody is of."""
    if token is not None:
        return "token", f"token:{token.id}"
    if user is not None and user.is_authenticated:
        return "person", f"person:{user.pk}"
    return "network", f"network:{request.META.get('REMOTE_ADDR', '')}"


def count(user: Any, token: Any, request: HttpRequest) -> Allowance:
    """Count one request and give what is left of the caller's minute."""
    policy, caller = _caller(user, token, request)
    quota = settings.API_LIMITS[policy]
    second = int(now().timestamp())
    key = f"limit:{caller}:{second // WINDOW}"
    used = shared().count(key, WINDOW * 2)
    return Allowance(policy, quota, quota - used, WINDOW - second % WINDOW)


def require(allowance: Allowance) -> None:
    """Raise TooManyRequests when the minute is used up."""
    if allowance.left < 0:
        raise TooManyRequests(
            f"More than {allowance.quota} requests in a minute. Go on in {allowance.reset} s.",
            retry_after=allowance.reset,
        )
