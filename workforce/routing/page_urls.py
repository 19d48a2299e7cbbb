from django.urls import path

from workforce.routing import pages

urlpatterns = [
    path("t/<slug:tenant>/board", pages.BoardPage.as_view()),
    path("t/<slug:tenant>/people", pages.People.as_view()),
    path("t/<slug:tenant>/people/<uuid:worker>", pages.PersonPage.as_view()),
]
