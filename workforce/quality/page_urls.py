from django.urls import path

from workforce.quality import gold_pages, pages, score_pages

urlpatterns = [
    path("t/<slug:tenant>/gold", gold_pages.GoldList.as_view()),
    path("t/<slug:tenant>/gold/<uuid:gold>", gold_pages.GoldPage.as_view()),
    path("t/<slug:tenant>/quality", score_pages.ClientQuality.as_view()),
    path("t/<slug:tenant>/people/<uuid:worker>/scores", score_pages.PersonScores.as_view()),
    path("t/<slug:tenant>/scores", score_pages.MyScoresPage.as_view()),
    path("t/<slug:tenant>/sent-back/<uuid:task>", pages.SentBackPage.as_view()),
]
