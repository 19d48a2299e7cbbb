from django.urls import path

from billing.invoicing import api, gateway_api

INVOICE = "t/<slug:tenant>/invoices/<uuid:invoice>"

urlpatterns = [
    path("t/<slug:tenant>/invoices", api.Invoices.as_view()),
    path(INVOICE, api.InvoiceDetail.as_view()),
    path(f"{INVOICE}/pdf", api.InvoicePdf.as_view()),
    path(f"{INVOICE}/credit-notes", api.CreditNotes.as_view()),
    path(f"{INVOICE}/payments", api.Payments.as_view()),
    path(f"{INVOICE}/refunds", api.Refunds.as_view()),
    path("t/<slug:tenant>/credit-notes/<uuid:note>", api.CreditNoteDetail.as_view()),
    path("t/<slug:tenant>/credit-notes/<uuid:note>/pdf", api.CreditNotePdf.as_view()),
    path("stripe/events", gateway_api.StripeEvents.as_view()),
]
