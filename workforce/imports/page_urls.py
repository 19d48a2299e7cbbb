from django.urls import path

from workforce.imports import pages

BASE = "t/<slug:tenant>/clips/<uuid:clip>/imports"

urlpatterns = [
    path(BASE, pages.ImportsPage.as_view()),
    path(f"{BASE}/<uuid:label_import>", pages.PreviewPage.as_view()),
]
