from django.urls import path

from workforce.people import pages

urlpatterns = [
    path("t/<slug:tenant>/people/roster", pages.RosterPage.as_view()),
    path("t/<slug:tenant>/people/roster/<uuid:roster>", pages.RosterPreviewPage.as_view()),
]
