from django.urls import path

from workforce.redaction import checking_pages, pages

urlpatterns = [
    path("t/<slug:tenant>/projects/<uuid:project>/redaction", pages.RedactionPage.as_view()),
    path("t/<slug:tenant>/masks", checking_pages.MaskList.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/masks", checking_pages.MaskPage.as_view()),
]
