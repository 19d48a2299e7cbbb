from django.urls import path

from tenants.projects import api, guideline_api

urlpatterns = [
    path("t/<slug:tenant>/projects", api.Projects.as_view()),
    path("t/<slug:tenant>/projects/<uuid:project>", api.ProjectDetail.as_view()),
    path("t/<slug:tenant>/projects/<uuid:project>/ontologies", api.Ontologies.as_view()),
    path("t/<slug:tenant>/projects/<uuid:project>/guidelines", guideline_api.Guidelines.as_view()),
    path("t/<slug:tenant>/sites", api.Sites.as_view()),
    path("t/<slug:tenant>/cameras", api.Cameras.as_view()),
]
