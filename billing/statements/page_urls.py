from django.urls import path

from billing.statements import pages

urlpatterns = [
    path("t/<slug:tenant>/statements", pages.Statements.as_view()),
    path("t/<slug:tenant>/statements/<uuid:statement>", pages.StatementPage.as_view()),
]
