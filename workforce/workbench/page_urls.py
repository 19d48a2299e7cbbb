from django.urls import path

from workforce.workbench import adjudicate, guidelines, pages, quizzes, reviews, truths

urlpatterns = [
    path("t/<slug:tenant>/work", pages.MyWork.as_view()),
    path("t/<slug:tenant>/quizzes", quizzes.QuizzesPage.as_view()),
    path("t/<slug:tenant>/adjudicate/<uuid:task>", adjudicate.AdjudicatePage.as_view()),
    path("t/<slug:tenant>/gold/<uuid:gold>/draw", truths.TruthWorkbench.as_view()),
    path("t/<slug:tenant>/guidelines/<uuid:picture>", guidelines.GuidelinePictureView.as_view()),
    path("t/<slug:tenant>/reviews", reviews.ReviewsPage.as_view()),
    path("t/<slug:tenant>/review/<uuid:task>", pages.ReviewPage.as_view()),
    path("t/<slug:tenant>/tasks/<uuid:task>", pages.Workbench.as_view()),
]
