from django.urls import path

from billing.invoicing import pages, terms_pages

urlpatterns = [
    path("t/<slug:tenant>/invoices", pages.Invoices.as_view()),
    path("t/<slug:tenant>/invoices/<uuid:invoice>", pages.InvoicePage.as_view()),
    path("t/<slug:tenant>/credit-notes/<uuid:note>", pages.CreditNotePage.as_view()),
    path("t/<slug:tenant>/terms", terms_pages.Terms.as_view()),
]
