from django.urls import path

from tenants.organizations import key_pages, pages, standing_pages

urlpatterns = [
    path("apply", pages.Apply.as_view()),
    path("invitation/<str:link>", pages.AcceptInvitation.as_view()),
    path("operator/", pages.Desk.as_view()),
    path("operator/organizations", pages.OrganizationList.as_view()),
    path("operator/organizations/<uuid:organization>", standing_pages.Standing.as_view()),
    path("operator/keys", key_pages.Keys.as_view()),
    path("t/<slug:tenant>/members", pages.Members.as_view()),
]
