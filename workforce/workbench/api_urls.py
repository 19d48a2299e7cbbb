from django.urls import path

from workforce.workbench import api

urlpatterns = [
    path("t/<slug:tenant>/sent-back", api.MySentBack.as_view()),
]
