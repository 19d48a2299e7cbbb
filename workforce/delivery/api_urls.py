from django.urls import path

from workforce.delivery import api, batch_api, clip_api, clock_api, seam_api

urlpatterns = [
    path("t/<slug:tenant>/clips", clip_api.Clips.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/clock", clock_api.ClockView.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/clock/answer", clock_api.Answer.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/clock/pause", clock_api.Pause.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/clock/resume", clock_api.Resume.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/rush", clock_api.Rush.as_view()),
    path("t/<slug:tenant>/projects/<uuid:project>/links", api.OrderLinks.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/seams", seam_api.Seams.as_view()),
    path("t/<slug:tenant>/batches", batch_api.Batches.as_view()),
    path("t/<slug:tenant>/batches/<uuid:batch>", batch_api.BatchDetail.as_view()),
    path("t/<slug:tenant>/clocks", batch_api.Clocks.as_view()),
    path("t/<slug:tenant>/releases", api.Releases.as_view()),
    path("t/<slug:tenant>/releases/key", api.Key.as_view()),
    path("t/<slug:tenant>/releases/<uuid:release>", api.ReleaseDetail.as_view()),
    path("t/<slug:tenant>/releases/<uuid:release>/accept", api.Accept.as_view()),
    path("t/<slug:tenant>/releases/<uuid:release>/dispute", api.DisputeRelease.as_view()),
    path("t/<slug:tenant>/releases/<uuid:release>/diff", api.ReleaseDiff.as_view()),
    path("t/<slug:tenant>/releases/<uuid:release>/package", api.Download.as_view()),
    path(
        "t/<slug:tenant>/releases/<uuid:release>/clips/<uuid:clip>/picture",
        api.CardPicture.as_view(),
    ),
]
