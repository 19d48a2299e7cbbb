from django.urls import path

from workforce.links import api

urlpatterns = [
    path("t/<slug:tenant>/tasks/<uuid:task>/links", api.Links.as_view()),
    path("t/<slug:tenant>/tasks/<uuid:task>/links/undo", api.UndoLinks.as_view()),
    path("t/<slug:tenant>/tasks/<uuid:task>/links/submit", api.SubmitLinks.as_view()),
    path("t/<slug:tenant>/shared-views", api.SharedViews.as_view()),
]
