from django.urls import path

from workforce.redaction import api

urlpatterns = [
    path("t/<slug:tenant>/projects/<uuid:project>/redaction-policy", api.ProjectPolicy.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/redaction", api.ClipRedaction.as_view()),
    path("t/<slug:tenant>/clips/<uuid:clip>/redaction/override", api.GateOverride.as_view()),
]
