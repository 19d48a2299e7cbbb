from django.urls import path

from core.search import api

urlpatterns = [path("t/<slug:tenant>/search", api.Search.as_view())]
