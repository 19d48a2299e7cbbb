"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core.access.door import organizations_of
from core.accounts.adapter import relying_party
from core.web.navigation import account_items


def portal(request: HttpRequest) -> dict[str, Any]:
    """Give the person's memberships, lazily, for the rail and the organization switch."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"memberships": []}
    return {
        "memberships": lambda: organizations_of(user),
        "account_nav": lambda: account_items(request.path),
        "passkey_host": lambda: relying_party(settings.BASE_URL),
    }
