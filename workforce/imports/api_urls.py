from django.urls import path

from workforce.imports import api

BASE = "t/<slug:tenant>/clips/<uuid:clip>/imports"

urlpatterns = [
    path(BASE, api.Imports.as_view()),
    path(f"{BASE}/<uuid:label_import>", api.ImportDetail.as_view()),
    path(f"{BASE}/<uuid:label_import>/apply", api.ImportApplication.as_view()),
]
