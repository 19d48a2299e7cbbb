from django.urls import path

from tenants.compliance import pages

urlpatterns = [
    path("t/<slug:tenant>/log", pages.LogExplorer.as_view()),
    path("t/<slug:tenant>/log/<uuid:entry_id>", pages.LogEntry.as_view()),
]
