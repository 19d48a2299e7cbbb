"""The pages on which people check masks: a clip's own, and the list of what waits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.middleware.csrf import get_token

from core.access.door import Entry, enter
from core.access.models import Engagement
from core.access.permissions import Permission
from core.clock import now
from core.errors import NotFound
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.intake.clips import get_clip
from workforce.redaction.checkers import admitting, require_checker
from workforce.redaction.checking import newest_copies, newest_copy
from workforce.redaction.corrections import LONGEST_REASON
from workforce.redaction.models import MaskCheck
from workforce.redaction.policies import policies_in_force

#: Copies that the list shows of each client, the newest.
MOST = 100


class MaskPage(TenantPage):
    """A clip's masks, for whom the project's policy admits; the page takes the lease itself."""

    permission = Permission.REDACTION_CHECK
    template_name = "redaction/masks.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            clip = get_clip(kwargs["clip"])
            require_checker(self.entry, self.person.id, clip.project_id)
            newest_copy(clip.id)
        vendor = self.entry.vendor_id
        own = vendor is None
        base = f"/api/v1/t/{self.tenant.slug}/clips/{clip.id}"
        page = {
            "csrf": get_token(self.request),
            "urls": {
                "masks": f"{base}/masks",
                "lease": f"{base}/masks/lease",
                "copy": f"{base}/masks/copy",
                "check": f"{base}/masks/check",
                "index": f"{base}/index",
                "init": f"{base}/init",
                "gop": f"{base}/gops/{{n}}",
                "home": f"/t/{self.tenant.slug if vendor is None else slug_of(vendor)}/masks",
            },
        }
        name = clip.filename if own else f"clip {str(clip.id)[:8]}"
        return super().get_context_data(page=page, name=name, longest=LONGEST_REASON, **kwargs)


def slug_of(organization: UUID) -> str:
    """What an organization is called in addresses."""
    slug: str = Organization.objects.get(id=organization).slug
    return slug


class MaskList(TenantPage):
    """Redacted copies that the person may check: their own organization's, or its clients'."""

    permission = Permission.REDACTION_CHECK
    template_name = "redaction/masks_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        here = self.tenant.kind == Organization.Kind.CLIENT
        # What a client calls its footage is told to its own people only.
        named = here and self.entry.vendor_id is None
        context = super().get_context_data(named=named, **kwargs)
        entries = [self.entry] if here else entries_of(self.request.user, self.tenant)
        context["copies"] = [row for entry in entries for row in copies(entry, self.person.id)]
        return context


def entries_of(user: Any, vendor: Organization) -> list[Entry]:
    """Enter each client that engages a vendor now, for one of the vendor's people."""
    instant = now()
    slugs = (
        Engagement.objects.filter(vendor=vendor, starts_at__lte=instant)
        .exclude(ends_at__lte=instant)
        .order_by("client__slug")
        .values_list("client__slug", flat=True)
    )
    entries = []
    for slug in slugs:
        try:
            entries.append(enter(user, slug))
        except NotFound:  # closed meanwhile
            continue
    return entries


def copies(entry: Entry, person: UUID) -> list[dict[str, Any]]:
    """Measured copies that an organization's policies let this person check, unchecked first."""
    with scope(entry.organization.id):
        runs = list(
            newest_copies().filter(clip__state="ready").order_by("-created_at", "id")[:MOST]
        )
        checked = set(MaskCheck.objects.filter(run__in=runs).values_list("run_id", flat=True))
        valid = policies_in_force(run.clip.project_id for run in runs)
        policies = {project: found.policy for project, found in valid.items()}
        mine = admitting(policies, entry, person)
        rows = [
            {
                "run": run,
                "slug": entry.organization.slug,
                "checked": run.id in checked,
                "required": policies[run.clip.project_id].check_required,
            }
            for run in runs
            if run.clip.project_id in mine
        ]
    return sorted(rows, key=lambda row: bool(row["checked"]))
