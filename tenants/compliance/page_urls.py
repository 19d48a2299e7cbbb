from django.urls import path

from tenants.compliance import pages, webhook_pages, witness_pages

urlpatterns = [
    path("t/<slug:tenant>/log", pages.LogExplorer.as_view()),
    path("t/<slug:tenant>/log/witnesses", witness_pages.Witnesses.as_view()),
    path("t/<slug:tenant>/log/webhook", webhook_pages.WebhookPage.as_view()),
    path("t/<slug:tenant>/log/<uuid:entry_id>", pages.LogEntry.as_view()),
]
