"""What the client hears of money: an invoice, one that is overdue, a payment that failed."""

from datetime import timedelta
from uuid import UUID

from billing.invoicing.balance import balance_of
from billing.invoicing.issuing import get_invoice
from billing.invoicing.models import Invoice
from core.clock import now
from core.notices.rounds import enqueue_round
from core.notices.services import notify
from core.outbox.events import on
from core.outbox.jobs import JobContext, job
from core.outbox.periodic import every
from core.tenancy.scope import scope

WATCH = "invoicing.watch_due"


def _of(invoice: Invoice) -> dict[str, object]:
    return {
        "number": invoice.number,
        "total": str(invoice.total),
        "currency": invoice.currency,
        "due": f"{invoice.due_at:%d %B %Y}",
    }


@on("invoice.issued", job_name="invoicing.announce_issued")
def announce_issued(context: JobContext, *, invoice: str, **_: object) -> None:
    """Tell the client's administrators what is to be paid, and by when."""
    assert context.tenant is not None
    with scope(context.tenant):
        row = get_invoice(UUID(invoice))
        notify("invoice_issued", key=invoice, parts=_of(row), path=f"invoices/{invoice}")


@on("invoice.payment_failed", job_name="invoicing.announce_failed")
def announce_failed(context: JobContext, *, invoice: str, attempt: str, **_: object) -> None:
    """Tell them that a payment failed, once for each attempt."""
    assert context.tenant is not None
    with scope(context.tenant):
        row = get_invoice(UUID(invoice))
        key = f"{invoice} {attempt}"
        notify("payment_failed", key=key, parts=_of(row), path=f"invoices/{invoice}")


@every(300)
def watch_due() -> int:
    """Look at each client's open invoices every six hours."""
    return enqueue_round(WATCH, kind="client", again_after=timedelta(hours=6))


@job(WATCH)
def tell_of_overdue(context: JobContext) -> None:
    """Tell of each invoice once that its day has passed and something is open."""
    assert context.tenant is not None
    instant = now()
    with scope(context.tenant):
        past = Invoice.objects.filter(due_at__lt=instant).prefetch_related(
            "payments", "credit_notes"
        )
        for invoice in past:
            balance = balance_of(invoice)
            if balance.state(instant) != "overdue":
                continue
            notify(
                "invoice_overdue",
                key=str(invoice.id),
                parts={**_of(invoice), "left": str(balance.open)},
                path=f"invoices/{invoice.id}",
            )
