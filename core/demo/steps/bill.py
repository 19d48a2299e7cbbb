"""Step 11: accepted units become an invoice that adds up, line by line, without the portal."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from core.demo.cast import OPERATOR, VENDOR
from core.demo.delivered import Delivered
from core.demo.doors import wait_for
from core.demo.errors import DemoStopped
from core.demo.journey import ClientSide, Journey
from core.demo.labels import read_mot
from core.demo.steps.onboard import TERMS

_CENT = Decimal("0.01")


def run(journey: Journey) -> None:
    """Issue each client's invoice and compute it again from contract and package."""
    for client, release in zip(journey.clients, (1, 2), strict=True):
        package = Delivered(journey.data / "delivered" / f"{client.slug}-{release}.zip")
        _check_invoice(journey, client, _issue(journey, client), package)
    first, second = journey.clients
    _credit(journey, second)
    for client in journey.clients:
        _pay(journey, client)
    _settle(journey)
    statuses = [
        journey.admin(second).raw("GET", f"t/{slug}/invoices/{first.invoice}").status_code
        for slug in (first.slug, second.slug)
    ]
    journey.check(
        "an invoice of one client does not exist for the other",
        held=statuses == [404, 404],
        found=str(statuses),
    )


def _issue(journey: Journey, client: ClientSide) -> dict[str, Any]:
    """The operator issues as soon as the accepted release is metered.

    Without a card network the gateway leaves the invoice open, to be paid by bank transfer.
    """
    operator = journey.visitor(OPERATOR)
    path = f"t/{client.slug}/invoices"

    def metered() -> dict[str, Any] | None:
        answer = operator.raw("POST", path, json={})
        if answer.status_code not in {201, 409}:
            raise DemoStopped(
                f"The invoice was not issued: {answer.status_code} {answer.text[:300]}"
            )
        issued: dict[str, Any] = answer.json()
        return issued if answer.status_code == 201 else None

    invoice: dict[str, Any] = wait_for("the accepted release to be metered", metered)
    client.invoice = invoice["id"]
    again = operator.raw("POST", path, json={})

    def collected() -> bool:
        log = journey.admin(client).get(
            f"t/{client.slug}/log", action="invoice.collected", subject=f"invoice:{client.invoice}"
        )
        return bool(log["results"])

    wait_for("the invoice to be handed to the gateway", collected)
    journey.check(
        f"{client.slug}: invoice {invoice['number']} was issued once and handed to the gateway",
        held=again.status_code == 409,
        found=f"{invoice['total']} {invoice['currency']}, {invoice['state']}",
    )
    return invoice


def _check_invoice(
    journey: Journey, client: ClientSide, invoice: dict[str, Any], package: Delivered
) -> None:
    terms = TERMS[client.slug]
    expected = [
        (Decimal(line["quantity"]) * Decimal(terms["rates"][line["unit"]])).quantize(
            _CENT, rounding=ROUND_HALF_EVEN
        )
        for line in invoice["lines"]
    ]
    journey.check(
        f"{client.slug}: every line is quantity x the contract's rate, and they add up",
        held=[Decimal(line["amount"]) for line in invoice["lines"]] == expected
        and Decimal(invoice["total"]) == sum(expected) == Decimal(invoice["recomputed"])
        and invoice["currency"] == terms["currency"],
        found=f"{len(expected)} lines, {sum(expected)} {terms['currency']}",
    )
    counted = {
        (clip, unit): count
        for clip, _ in client.clips()
        for unit, count in _units(package, clip).items()
        if unit in terms["rates"]
    }
    billed = {(line["clip"], line["unit"]): Decimal(line["quantity"]) for line in invoice["lines"]}
    journey.check(
        f"{client.slug}: quantities are those of the delivered package",
        held=all(billed.get(key, 0) == count for key, count in counted.items())
        and {unit for _, unit in billed} <= set(terms["rates"]),
        found=", ".join(f"{count} {unit}s" for (_, unit), count in counted.items()),
    )


def _credit(journey: Journey, client: ClientSide) -> None:
    """For the trouble of the dispute: a tenth of the first line, on a credit note."""
    operator = journey.visitor(OPERATOR)
    path = f"t/{client.slug}/invoices/{client.invoice}"
    line = operator.get(path)["lines"][0]
    money = (Decimal(line["amount"]) / 10).quantize(_CENT)
    body = {
        "reason": "A frame was disputed.",
        "lines": [{"line": line["id"], "amount": str(money)}],
    }
    note = operator.post(f"{path}/credit-notes", body)
    client.credit_note = note["id"]
    too_much = {"reason": "Twice", "lines": [{"line": line["id"], "amount": line["amount"]}]}
    refused = operator.raw("POST", f"{path}/credit-notes", json=too_much)
    after = journey.admin(client).get(path)
    journey.check(
        f"{client.slug}: a credit note gives back part of a line, and no more than was charged",
        held=Decimal(note["net"]) == money
        and refused.status_code == 409
        and Decimal(after["open"]) == Decimal(after["total"]) - Decimal(note["total"])
        and after["agrees"],
        found=f"{note['number']}: {note['total']} {note['currency']}",
    )


def _pay(journey: Journey, client: ClientSide) -> None:
    """No card network is at hand: the operator notes what the bank's statement says."""
    operator = journey.visitor(OPERATOR)
    path = f"t/{client.slug}/invoices/{client.invoice}"
    owed = operator.get(path)["open"]
    payment = {"amount": owed, "reference": f"bank transfer for {client.slug}"}
    for _ in range(2):
        operator.post(f"{path}/payments", payment)
    paid = journey.admin(client).get(path)
    document = journey.admin(client).download(f"{path}/pdf")
    journey.check(
        f"{client.slug}: the invoice is paid by bank transfer, noted twice and counted once",
        held=paid["state"] == "paid"
        and len(paid["payments"]) == 1
        and Decimal(paid["open"]) == 0
        and document.startswith(b"%PDF-"),
        found=f"{owed} {paid['currency']}, PDF of {len(document):,} bytes",
    )


def _settle(journey: Journey) -> None:
    """The vendor's accepted work at its prices, on a statement that adds up."""
    operator = journey.visitor(OPERATOR)
    prices = {"frame": "0.01", "object": "0.15"}
    operator.post("operator/rate-cards", {"vendor": VENDOR, "currency": "EUR", "rates": prices})
    statement = operator.post(f"t/{VENDOR}/statements")
    again = operator.raw("POST", f"t/{VENDOR}/statements", json={})
    expected = sum(
        Decimal(line["quantity"]) * Decimal(prices[line["unit"]]) for line in statement["lines"]
    )
    journey.check(
        "the vendor's accepted work is settled once, on a statement that adds up",
        held=again.status_code == 409
        and Decimal(statement["total"]) == Decimal(statement["recomputed"]) == expected
        and {line["client"] for line in statement["lines"]} == {c.slug for c in journey.clients},
        found=f"{statement['number']}: {statement['total']} {statement['currency']}",
    )


def _units(package: Delivered, clip: str) -> dict[str, int]:
    """Frames and objects, counted in what was delivered."""
    entry = next(e for e in package.manifest["clips"] if e["clip"] == clip)
    tracks = read_mot(package.read(f"{clip}/mot/gt.txt").decode())
    return {"frame": entry["frames"], "object": len(tracks)}
