from django.urls import path

from workforce.delivery import batch_pages, clock_pages, link_pages, pages, seam_pages

urlpatterns = [
    path("t/<slug:tenant>/batches", batch_pages.Batches.as_view()),
    path("t/<slug:tenant>/batches/<uuid:batch>", batch_pages.BatchPage.as_view()),
    path("t/<slug:tenant>/projects/<uuid:project>/links", link_pages.ProjectLinks.as_view()),
    path("t/<slug:tenant>/sla", clock_pages.Clocks.as_view()),
    path("t/<slug:tenant>/sla/<uuid:clip>", clock_pages.ClockPage.as_view()),
    path("t/<slug:tenant>/home", pages.ClientHome.as_view()),
    path("t/<slug:tenant>/clips", pages.Clips.as_view()),
    path("t/<slug:tenant>/clips/add", pages.AddFootage.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>", pages.ClipPage.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/seams", seam_pages.SeamsPage.as_view()),
    path("t/<slug:tenant>/seams", seam_pages.SeamList.as_view()),
    path("t/<slug:tenant>/releases", pages.Releases.as_view()),
    path("t/<slug:tenant>/releases/<uuid:release>", pages.ReleasePage.as_view()),
]
