from django.urls import path

from tenants.contracts import api

urlpatterns = [
    path("t/<slug:tenant>/contracts", api.Contracts.as_view()),
    path("t/<slug:tenant>/contracts/<uuid:contract>/sign", api.Sign.as_view()),
]
