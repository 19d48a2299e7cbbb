"""When a session was last used, for the list that its owner reads."""

from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from core.clock import now
from core.web.middleware import Handler

#: Kept to the minute: one write a minute, not one a request.
USE_STEP = 60


class LastSeenMiddleware:
    """Note when a session was last used."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        key = request.session.session_key
        if key and request.user.is_authenticated and cache.add(f"seen:{key}", 1, USE_STEP):
            noted = UserSession.objects.filter(session_key=key).update(last_seen_at=now())
            if not noted:
                # Opened by an invitation's link, past allauth: it belongs on the list as well.
                UserSession.objects.create_from_request(request)
        return response
