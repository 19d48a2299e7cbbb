from django.urls import path

from core.search import pages

urlpatterns = [path("search", pages.Search.as_view(), name="search")]
