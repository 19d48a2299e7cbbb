from django.urls import path

from tenants.intake import pages

urlpatterns = [
    path("t/<slug:tenant>/clips/<uuid:clip>/erase", pages.EraseClip.as_view()),
]
