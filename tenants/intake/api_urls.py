from django.urls import path

from tenants.intake import api, footage_api

urlpatterns = [
    path("t/<slug:tenant>/clips/<uuid:clip>", api.ClipDetail.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/certificate", api.ClipCertificate.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/index", footage_api.ClipIndex.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/init", footage_api.ClipInit.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/gops/<int:number>", footage_api.ClipGop.as_view()),
    path(
        "t/<slug:tenant>/clips/<uuid:clip>/thumbnails/<int:number>",
        footage_api.ClipThumbnail.as_view(),
    ),
]
