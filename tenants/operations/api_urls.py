from django.urls import path

from tenants.operations import api

urlpatterns = [
    path("operator/jobs", api.Jobs.as_view()),
    path("operator/jobs/retry", api.RetryKind.as_view()),
    path("operator/jobs/<uuid:job>", api.JobDetail.as_view()),
    path("operator/jobs/<uuid:job>/retry", api.Retry.as_view()),
    path("operator/jobs/<uuid:job>/drop", api.Drop.as_view()),
]
