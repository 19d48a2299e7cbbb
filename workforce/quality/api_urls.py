from django.urls import path

from workforce.quality import api, consensus_api, gold_truth_api, lots_api, review_api

urlpatterns = [
    path("me/scores", api.MyScores.as_view()),
    path("t/<slug:tenant>/tasks/<uuid:task>/review", review_api.Review.as_view()),
    path("t/<slug:tenant>/tasks/<uuid:task>/review/changes", review_api.Differences.as_view()),
    path("t/<slug:tenant>/tasks/<uuid:task>/consensus", consensus_api.TwoLabels.as_view()),
    path("t/<slug:tenant>/tasks/<uuid:task>/dispute", review_api.Dispute.as_view()),
    path("t/<slug:tenant>/gold", api.Gold.as_view()),
    path("t/<slug:tenant>/gold/<uuid:gold_id>/retire", api.RetiredGold.as_view()),
    path("t/<slug:tenant>/gold/<uuid:gold_id>/truth", gold_truth_api.GoldTruthLabels.as_view()),
    path("t/<slug:tenant>/projects/<uuid:project>/quality", api.ProjectPolicy.as_view()),
    path("t/<slug:tenant>/lots", lots_api.Lots.as_view()),
    path("t/<slug:tenant>/lots/<uuid:lot>/close", lots_api.ClosedLot.as_view()),
    path(
        "t/<slug:tenant>/projects/<uuid:project>/inspection/resume",
        lots_api.ResumedInspection.as_view(),
    ),
    path("t/<slug:tenant>/scores", api.Scores.as_view()),
    path("t/<slug:tenant>/trust", api.VendorTrust.as_view()),
    path("t/<slug:tenant>/trust/<uuid:trust_id>/reinstate", api.Reinstated.as_view()),
]
