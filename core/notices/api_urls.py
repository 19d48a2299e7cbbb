from django.urls import path

from core.notices import api

urlpatterns = [
    path("me/notices", api.Notices.as_view()),
    path("me/notices/choices", api.NoticeChoices.as_view()),
]
