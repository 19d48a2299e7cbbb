from django.urls import path

from workforce.delivery import api

urlpatterns = [
    path("t/<slug:tenant>/releases", api.Releases.as_view()),
    path("t/<slug:tenant>/releases/key", api.Key.as_view()),
    path("t/<slug:tenant>/releases/<uuid:release>", api.ReleaseDetail.as_view()),
    path("t/<slug:tenant>/releases/<uuid:release>/accept", api.Accept.as_view()),
    path("t/<slug:tenant>/releases/<uuid:release>/dispute", api.DisputeRelease.as_view()),
    path("t/<slug:tenant>/releases/<uuid:release>/package", api.Download.as_view()),
]
