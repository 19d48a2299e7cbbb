from django.urls import path

from core.web import account_api as api
from core.web.reference import SchemaDocument

urlpatterns = [
    path("me", api.Me.as_view()),
    path("me/tokens", api.Tokens.as_view()),
    path("me/tokens/<uuid:token>", api.TokenDetail.as_view()),
    path("schema", SchemaDocument.as_view()),
    path("auth/token", api.SignIn.as_view()),
]
