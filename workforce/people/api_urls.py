from django.urls import path

from workforce.people import api

VENDOR = "t/<slug:tenant>"
WORKER = f"{VENDOR}/workers/<uuid:worker>"

urlpatterns = [
    path(WORKER, api.WorkerDetail.as_view()),
    path(f"{WORKER}/skills", api.WorkerSkills.as_view()),
    path(f"{WORKER}/qualifications", api.WorkerQualifications.as_view()),
    path(f"{WORKER}/qualifications/<uuid:qualification>", api.WorkerQualification.as_view()),
    path(f"{WORKER}/hours", api.WorkerHours.as_view()),
    path(f"{VENDOR}/rosters", api.Rosters.as_view()),
    path(f"{VENDOR}/rosters/<uuid:roster>", api.RosterDetail.as_view()),
    path(f"{VENDOR}/rosters/<uuid:roster>/apply", api.RosterApply.as_view()),
]
