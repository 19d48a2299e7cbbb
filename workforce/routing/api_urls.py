from django.urls import path

from workforce.routing import api

urlpatterns = [path("t/<slug:tenant>/lease", api.NextTask.as_view())]
