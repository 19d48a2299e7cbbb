from django.urls import path

from core.web import pages
from core.web.design import DesignPage

urlpatterns = [
    path("", pages.Root.as_view(), name="root"),
    path("design/", DesignPage.as_view()),
    path("nowhere", pages.Nowhere.as_view()),
    path("t/<slug:tenant>/", pages.OrganizationRoot.as_view()),
]
