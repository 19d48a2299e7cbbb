"""What the furnished house has delivered and charged: versions, a batch, an invoice, a credit."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from core.access.actors import Actor
from core.clock import now
from core.tenancy.scope import scope
from tests.cast import Cast


def releases(cast: Cast, clip) -> tuple[UUID, UUID]:
    """One that waits for an answer, and the accepted one before it."""
    from workforce.delivery.models import Release

    with scope(cast.harbour.id):
        copy = bytes(clip.source.sha256).hex()
    manifest = {
        "clips": [
            {
                "clip": str(clip.id), "frames": 75, "source_sha256": "5f" * 32,
                "sla": {"met": True},
                "footage": {"sha256": copy, "redaction": {"id": str(uuid4())}},
            }
        ]
    }  # fmt: skip
    units = {str(clip.id): {"frame": 75, "keyframe": 4, "object": 2}}
    made = []
    for number, state in ((1, Release.State.ACCEPTED), (2, Release.State.READY)):
        with scope(cast.harbour.id):
            made.append(
                Release.objects.create(
                    tenant=cast.harbour, project_id=clip.project_id, number=number, state=state,
                    formats=["coco", "mot"], clips=[str(clip.id)], manifest=manifest, units=units,
                    signature=bytes(range(64)), package_id=clip.source_id, ready_at=now(),
                ).id
            )  # fmt: skip
    return made[1], made[0]


def invoice(cast: Cast, release: UUID, clip) -> UUID:
    """An invoice of the accepted version."""
    from billing.invoicing.issuing import issue_invoice
    from billing.metering.models import Reading

    with scope(cast.harbour.id):
        for unit, quantity in {"keyframe": 1_840, "object": 212}.items():
            Reading.objects.create(
                tenant=cast.harbour,
                release_id=release,
                clip=clip,
                unit=unit,
                quantity=quantity,
                source=f"clip/{clip.id}/{unit}",
            )
    return issue_invoice(
        actor=Actor.person(cast.olga), tenant=cast.harbour.id, slug=cast.harbour.slug
    ).id


def batch(cast: Cast, clip) -> UUID:
    """The clip's batch with a refused clip, and a clock that stands still."""
    from tenants.intake.models import Batch, Clip
    from workforce.delivery.models import ClockEvent

    with scope(cast.harbour.id):
        batch = Batch.objects.create(
            tenant=cast.harbour, project=clip.project, name="Gates, Monday to Wednesday"
        )
        Clip.objects.filter(id=clip.id).update(batch=batch)
        other = Clip.objects.get(filename__startswith="turnstile-b")
        Clip.objects.filter(id=other.id).update(batch=batch)
        for action, hours in (("start", 70), ("pause", 60), ("resume", 40), ("pause", 5)):
            ClockEvent.objects.create(
                tenant=cast.harbour, clip=clip, action=action, at=now() - timedelta(hours=hours),
                reason="awaiting_client" if action == "pause" else "",
                note="Which side of the gate is inbound?" if action == "pause" else "",
            )  # fmt: skip
        return batch.id


def credit_note(cast: Cast, invoice: UUID) -> UUID:
    """A credit for late delivery."""
    from billing.invoicing.credit_notes import issue_credit_note
    from billing.invoicing.models import Line

    with scope(cast.harbour.id):
        line = Line.objects.filter(invoice_id=invoice, unit="object").earliest("position")
    return issue_credit_note(
        actor=Actor.person(cast.olga), tenant=cast.harbour.id, slug=cast.harbour.slug,
        invoice_id=invoice, amounts={line.id: Decimal("8.40")}, basis="sla",
        reason="The gate clip came a day after it was due.",
    ).id  # fmt: skip
