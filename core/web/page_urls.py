from django.urls import path

from core.web import account_pages, document_pages, first_step_pages, help_pages, pages
from core.web.design import DesignPage
from core.web.reference import ReferencePage, ReferenceRoom

urlpatterns = [
    path("account/", account_pages.Overview.as_view(), name="account_overview"),
    path("account/appearance", account_pages.Appearance.as_view(), name="account_appearance"),
    path("account/views", account_pages.SaveView.as_view()),
    path("account/views/<uuid:view>/remove", account_pages.RemoveView.as_view()),
    path("account/sessions", account_pages.Sessions.as_view(), name="account_sessions"),
    path("account/tokens", account_pages.Tokens.as_view(), name="account_tokens"),
    path("account/tokens/<uuid:token>/revoke", account_pages.RevokeToken.as_view()),
    path("", pages.Root.as_view(), name="root"),
    path("design/", DesignPage.as_view()),
    path("help/", document_pages.Document.as_view()),
    path("help/flows/<str:name>", document_pages.DocumentPicture.as_view(), {"folder": "flows"}),
    path(
        "help/pictures/<str:name>", document_pages.DocumentPicture.as_view(), {"folder": "pictures"}
    ),
    path("help/read/<slug:document>", document_pages.Document.as_view()),
    path("help/roles", help_pages.Roles.as_view(), name="help_roles"),
    path("reference/", ReferencePage.as_view()),
    path("reference/<slug:tag>", ReferenceRoom.as_view()),
    path("nowhere", pages.Nowhere.as_view()),
    path("t/<slug:tenant>/first-steps", first_step_pages.FirstSteps.as_view()),
    path("t/<slug:tenant>/", pages.OrganizationRoot.as_view()),
]
