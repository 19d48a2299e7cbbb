from django.urls import path

from tenants.compliance import oversight_pages, pages, webhook_pages, witness_pages

urlpatterns = [
    path("t/<slug:tenant>/access-review", oversight_pages.AccessReview.as_view()),
    path("t/<slug:tenant>/retention", oversight_pages.Retention.as_view()),
    path("t/<slug:tenant>/log", pages.LogExplorer.as_view()),
    path("t/<slug:tenant>/log/witnesses", witness_pages.Witnesses.as_view()),
    path("t/<slug:tenant>/log/webhook", webhook_pages.WebhookPage.as_view()),
    path("t/<slug:tenant>/log/<uuid:entry_id>", pages.LogEntry.as_view()),
]
