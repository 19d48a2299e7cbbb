from django.urls import path

from tenants.compliance import api

urlpatterns = [
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
]
