from django.urls import path

from tenants.compliance import api, oversight_api, webhook_api

urlpatterns = [
    path("t/<slug:tenant>/access-review", oversight_api.AccessReview.as_view()),
    path("t/<slug:tenant>/retention", oversight_api.Retention.as_view()),
    path("t/<slug:tenant>/log", api.Log.as_view()),
    path("t/<slug:tenant>/log/bundle", api.Bundle.as_view()),
    path("t/<slug:tenant>/log/checkpoint", api.LatestCheckpoint.as_view()),
    path("t/<slug:tenant>/log/checkpoints", api.Checkpoints.as_view()),
    path("t/<slug:tenant>/log/consistency", api.Consistency.as_view()),
    path("t/<slug:tenant>/log/cosignatures", api.Cosignatures.as_view()),
    path("t/<slug:tenant>/log/entries/<uuid:entry>/proof", api.Proof.as_view()),
    path("t/<slug:tenant>/log/entries/<uuid:entry>/resolve", api.Resolve.as_view()),
    path("t/<slug:tenant>/log/key", api.Key.as_view()),
    path("t/<slug:tenant>/log/tile/entries/<path:tile>", api.EntryBundle.as_view()),
    path("t/<slug:tenant>/log/tile/<path:tile>", api.HashTile.as_view()),
    path("t/<slug:tenant>/webhook", webhook_api.WebhookDetail.as_view()),
    path("t/<slug:tenant>/webhook/deliveries", webhook_api.Deliveries.as_view()),
    path(
        "t/<slug:tenant>/webhook/deliveries/<uuid:delivery>/redeliver",
        webhook_api.Redeliver.as_view(),
    ),
    path("t/<slug:tenant>/webhook/missed", webhook_api.Missed.as_view()),
    path("t/<slug:tenant>/webhook/secret", webhook_api.Secret.as_view()),
    path("t/<slug:tenant>/webhook/test", webhook_api.Test.as_view()),
]
