from django.urls import path

from workforce.redaction import api, checking_api

urlpatterns = [
    path("t/<slug:tenant>/projects/<uuid:project>/redaction-policy", api.ProjectPolicy.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/redaction", api.ClipRedaction.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/redaction/override", api.GateOverride.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/masks", checking_api.ClipMasks.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/masks/lease", checking_api.MaskLeaseView.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/masks/copy", checking_api.MaskCopy.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/masks/check", checking_api.MaskSigning.as_view()),
]
