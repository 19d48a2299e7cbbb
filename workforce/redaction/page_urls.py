from django.urls import path

from workforce.redaction import pages

urlpatterns = [
    path("t/<slug:tenant>/projects/<uuid:project>/redaction", pages.RedactionPage.as_view()),
]
