from django.urls import path

from workforce.labels import zone_pages

urlpatterns = [
    path("t/<slug:tenant>/cameras/<uuid:camera>", zone_pages.CameraPage.as_view()),
]
