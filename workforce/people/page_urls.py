from django.urls import path

from workforce.people import pages, person_pages

PERSON = "t/<slug:tenant>/people/<uuid:worker>"

urlpatterns = [
    path(f"{PERSON}/papers", person_pages.PapersPage.as_view()),
    path(f"{PERSON}/hours", person_pages.HoursPage.as_view()),
    path("t/<slug:tenant>/people/roster", pages.RosterPage.as_view()),
    path("t/<slug:tenant>/people/roster/<uuid:roster>", pages.RosterPreviewPage.as_view()),
]
