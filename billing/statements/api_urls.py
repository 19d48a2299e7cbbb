from django.urls import path

from billing.statements import api

urlpatterns = [
    path("t/<slug:tenant>/statements", api.Statements.as_view()),
    path("t/<slug:tenant>/statements/<uuid:statement>", api.StatementDetail.as_view()),
]
