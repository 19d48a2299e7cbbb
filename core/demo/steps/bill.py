"""Step 11: accepted units become an invoice that adds up, line by line, without the portal."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from core.demo.cast import OPERATOR
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


def _units(package: Delivered, clip: str) -> dict[str, int]:
    """Frames and objects, counted in what was delivered."""
    entry = next(e for e in package.manifest["clips"] if e["clip"] == clip)
    tracks = read_mot(package.read(f"{clip}/mot/gt.txt").decode())
    return {"frame": entry["frames"], "object": len(tracks)}
