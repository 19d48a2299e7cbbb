from django.urls import path

from workforce.quality import pages

urlpatterns = [
    path("t/<slug:tenant>/sent-back/<uuid:task>", pages.SentBackPage.as_view()),
]
