from django.urls import path

from workforce.tasks import api

urlpatterns = [
    path("t/<slug:tenant>/projects/<uuid:project>/requirements", api.ProjectRequirements.as_view()),
    path("t/<slug:tenant>/tasks", api.Tasks.as_view()),
    path("t/<slug:tenant>/tasks/<uuid:task>", api.TaskDetail.as_view()),
    path("t/<slug:tenant>/tasks/<uuid:task>/heartbeat", api.Heartbeat.as_view()),
    path("t/<slug:tenant>/tasks/<uuid:task>/release", api.Release.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/tasks", api.Slicing.as_view()),
]
