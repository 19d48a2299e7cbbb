from django.urls import path

from workforce.workbench import api, quizzes

urlpatterns = [
    path("t/<slug:tenant>/sent-back", api.MySentBack.as_view()),
    path("t/<slug:tenant>/quizzes", quizzes.MyQuizzes.as_view()),
]
