from django.urls import path

from billing.rates import pages

urlpatterns = [path("operator/rates", pages.RateCards.as_view())]
