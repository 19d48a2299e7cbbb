from django.urls import path

from tenants.projects import camera_pages, guideline_pages, pages

urlpatterns = [
    path("t/<slug:tenant>/projects", pages.Projects.as_view()),
    path("t/<slug:tenant>/projects/new", pages.NewProject.as_view()),
    path("t/<slug:tenant>/projects/<uuid:project>", pages.ProjectPage.as_view()),
    path("t/<slug:tenant>/projects/<uuid:project>/labels", pages.EditOntology.as_view()),
    path(
        "t/<slug:tenant>/projects/<uuid:project>/guidelines",
        guideline_pages.GuidelinesPage.as_view(),
    ),
    path("t/<slug:tenant>/cameras", camera_pages.Cameras.as_view()),
]
