from django.urls import path

from workforce.labels import api, zone_api

urlpatterns = [
    path("t/<slug:tenant>/cameras/<uuid:camera>/zones", zone_api.Zones.as_view()),
    path("t/<slug:tenant>/tasks/<uuid:task>/tracks", api.Tracks.as_view()),
    path("t/<slug:tenant>/tasks/<uuid:task>/submit", api.Submission.as_view()),
    path("t/<slug:tenant>/tasks/<uuid:task>/drafts", api.Drafts.as_view()),
]
