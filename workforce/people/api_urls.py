from django.urls import path

from workforce.people import api

urlpatterns = [
    path("t/<slug:tenant>/workers", api.Workers.as_view()),
    path("t/<slug:tenant>/workers/<uuid:worker>/skills", api.WorkerSkills.as_view()),
]
