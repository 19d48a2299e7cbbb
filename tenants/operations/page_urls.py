from django.urls import path

from tenants.operations import health_page, pages

urlpatterns = [
    path("operator/health", health_page.Health.as_view()),
    path("operator/jobs", pages.Jobs.as_view()),
    path("operator/jobs/<uuid:job>", pages.JobDetail.as_view()),
]
