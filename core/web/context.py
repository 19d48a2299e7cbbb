"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core.access.door import organizations_of
from core.accounts.adapter import relying_party
from core.accounts.models import Theme
from core.web.navigation import account_items


def portal(request: HttpRequest) -> dict[str, Any]:
    """Give what the frame of a page wants: the rail, the organization switch, the passkeys' host.

    Lazily: a page that shows none of it asks the database for nothing.
    """
    common = {"passkey_host": relying_party(settings.BASE_URL)}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        chosen = request.COOKIES.get("theme")
        theme = chosen if chosen in Theme.values else Theme.AUTO.value
        return {**common, "memberships": [], "theme": theme}
    return {
        **common,
        "theme": user.theme,
        "memberships": lambda: organizations_of(user),
        "account_nav": lambda: account_items(request.path),
    }
