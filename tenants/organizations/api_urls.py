from django.urls import path

from tenants.organizations import api, detail_api, key_api, standing_api

urlpatterns = [
    path("applications", api.Apply.as_view()),
    path("invitations/accept", api.AcceptInvitation.as_view()),
    path("operator/applications", api.Applications.as_view()),
    path("operator/applications/<uuid:application>/approve", api.Approve.as_view()),
    path("operator/applications/<uuid:application>/decline", api.Decline.as_view()),
    path("operator/organizations", api.Organizations.as_view()),
    path("operator/organizations/<uuid:organization>/standing", standing_api.Standing.as_view()),
    path("operator/engagements", api.Engagements.as_view()),
    path("operator/engagements/<uuid:engagement>", api.EngagementDetail.as_view()),
    path("operator/audit-grants", api.AuditGrants.as_view()),
    path("operator/audit-grants/<uuid:grant>", api.AuditGrantDetail.as_view()),
    path("operator/keys", key_api.Keys.as_view()),
    path("t/<slug:tenant>", api.Home.as_view()),
    path("t/<slug:tenant>/details", detail_api.Details.as_view()),
    path("t/<slug:tenant>/key", detail_api.OwnKey.as_view()),
    path("t/<slug:tenant>/members", api.Members.as_view()),
    path("t/<slug:tenant>/members/<uuid:membership>", api.MemberDetail.as_view()),
    path("t/<slug:tenant>/invitations", api.Invitations.as_view()),
    path("t/<slug:tenant>/invitations/<uuid:invitation>", api.InvitationDetail.as_view()),
]
