"""What becomes of a release is told to the client's webhook: signed, retried, each attempt kept."""

from uuid import UUID

from core.outbox.events import on
from core.outbox.jobs import JobContext
from core.tenancy.scope import scope
from tenants.compliance.deliveries import send_event
from workforce.delivery.services import get_release


def _tell(context: JobContext, kind: str, release: str) -> None:
    assert context.tenant is not None
    with scope(context.tenant):
        row = get_release(UUID(release))
        package = row.package
        data = {
            "release": release,
            "project": str(row.project_id),
            "number": row.number,
            "sha256": bytes(package.sha256).hex() if package else None,
        }
    message_id = f"msg_{UUID(release).hex}_{kind.partition('.')[2]}"
    send_event(tenant=context.tenant, kind=kind, message_id=message_id, data=data)


@on("release.ready", job_name="delivery.tell_ready")
def tell_ready(context: JobContext, *, release: str, **_: object) -> None:
    """Tell that a version can be fetched."""
    _tell(context, "release.ready", release)


@on("release.accepted", job_name="delivery.tell_accepted")
def tell_accepted(context: JobContext, *, release: str, **_: object) -> None:
    """Tell that a version was accepted, perhaps by silence."""
    _tell(context, "release.accepted", release)


@on("release.disputed", job_name="delivery.tell_disputed")
def tell_disputed(context: JobContext, *, release: str, **_: object) -> None:
    """Tell that a version was disputed."""
    _tell(context, "release.disputed", release)
