from django.urls import path

from core.notices import pages

urlpatterns = [
    path("notices/", pages.Inbox.as_view(), name="notices"),
    path("notices/count", pages.Count.as_view()),
    path("notices/stop/<str:link>", pages.StopMail.as_view()),
    path("account/notices/", pages.Preferences.as_view(), name="account_notices"),
]
