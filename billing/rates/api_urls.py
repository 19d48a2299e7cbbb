from django.urls import path

from billing.rates import api

urlpatterns = [
    path("operator/rate-cards", api.RateCards.as_view()),
    path("operator/rate-cards/<uuid:card>/draft", api.DraftContract.as_view()),
]
