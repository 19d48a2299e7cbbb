from django.urls import path

from workforce.routing import api, people_api

VENDOR = "t/<slug:tenant>"

urlpatterns = [
    path(f"{VENDOR}/workers", people_api.Workers.as_view()),
    path(f"{VENDOR}/lease", api.NextTask.as_view()),
    path(f"{VENDOR}/assign", api.Assign.as_view()),
    path(f"{VENDOR}/hold", api.Hold.as_view()),
    path(f"{VENDOR}/auto-assign", api.AutoAssign.as_view()),
    path(f"{VENDOR}/allocations/<uuid:done>/undo", api.Undo.as_view()),
    path(f"{VENDOR}/queue", api.Queue.as_view()),
    path(f"{VENDOR}/why", api.Why.as_view()),
    path(f"{VENDOR}/my/why", api.WhyMe.as_view()),
    path(f"{VENDOR}/weights", api.Weights.as_view()),
]
