"""Receipts: that something was shown to somebody, in the log before its first byte is sent."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.audit.models import AuditEntry
from core.tenancy.scope import scope

FRAMES_SERVED = "footage.frames.serve"
#: A thumbnail is too small to judge a frame by.
THUMBNAIL = "thumbnail"


def receipt(
    *,
    actor: Actor,
    tenant: UUID,
    clip: UUID,
    gops: Sequence[tuple[int, int]],
    purpose: str,
    lease: UUID | None = None,
) -> UUID:
    """Log that frames of a clip are served, and commit; give the entry's id.

    gops: first and last frame (0-based, inclusive) of every group of pictures that is served.
    purpose: what for, one word, such as "task", "review" or "watch". lease: the one that opened it.
    Call it outside any transaction and before the first byte: a receipt says *served*.
    """
    return read_receipt(
        actor=actor,
        tenant=tenant,
        action=FRAMES_SERVED,
        subject=("clip", clip),
        purpose=purpose,
        details={"gops": [list(gop) for gop in gops], "lease": lease},
    )


def read_receipt(
    *,
    actor: Actor,
    tenant: UUID,
    action: str,
    subject: tuple[str, UUID | str],
    purpose: str,
    details: Mapping[str, Any] | None = None,
) -> UUID:
    """Log that labels, a release, the log itself or the like is read, and commit.

    purpose: what for, in one word. Call it before the first byte is sent.
    Raises RuntimeError inside a transaction: the receipt would not be committed yet.
    """
    with scope(tenant, durable=True):
        return record(
            action=action,
            actor=actor,
            tenant=tenant,
            subject=subject,
            details={**(details or {}), "purpose": purpose},
        )


def frames_shown(*, person: UUID, clip: UUID, since: datetime) -> list[tuple[int, int]]:
    """First and last frame of each stretch of a clip that somebody was served, in the open scope.

    As the log tells it: without thumbnails, and without what they were served before `since`.
    """
    rows = AuditEntry.objects.filter(
        action=FRAMES_SERVED,
        actor_id=person,
        subject_kind="clip",
        subject_id=str(clip),
        time__gte=since,
    )
    told = (json.loads(bytes(body))["details"] for body in rows.values_list("body", flat=True))
    return sorted(
        {
            (int(first), int(last))
            for details in told
            if details["purpose"] != THUMBNAIL
            for first, last in details["gops"]
        }
    )
