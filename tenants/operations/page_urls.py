from django.urls import path

from tenants.operations import pages

urlpatterns = [
    path("operator/jobs", pages.Jobs.as_view()),
    path("operator/jobs/<uuid:job>", pages.JobDetail.as_view()),
]
