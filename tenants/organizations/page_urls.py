from django.urls import path

from tenants.organizations import auditor_pages, detail_pages, key_pages, pages, standing_pages

urlpatterns = [
    path("apply", pages.Apply.as_view()),
    path("invitation/<str:link>", pages.AcceptInvitation.as_view()),
    path("operator/", pages.Desk.as_view()),
    path("operator/organizations", pages.OrganizationList.as_view()),
    path("operator/organizations/<uuid:organization>", standing_pages.Standing.as_view()),
    path("operator/auditors", auditor_pages.Auditors.as_view()),
    path("operator/keys", key_pages.Keys.as_view()),
    path("t/<slug:tenant>/key", detail_pages.Key.as_view()),
    path("t/<slug:tenant>/organization", detail_pages.Details.as_view()),
    path("t/<slug:tenant>/members", pages.Members.as_view()),
]
