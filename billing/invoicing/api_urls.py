from django.urls import path

from billing.invoicing import api

urlpatterns = [
    path("t/<slug:tenant>/invoices", api.Invoices.as_view()),
    path("t/<slug:tenant>/invoices/<uuid:invoice>", api.InvoiceDetail.as_view()),
]
