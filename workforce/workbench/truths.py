"""The workbench for the truth of gold: no lease, no autosave; what is drawn is the next version."""

from typing import Any
from uuid import UUID

from django.middleware.csrf import get_token

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.errors import Conflict, NotFound
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.intake.models import Clip
from tenants.projects.services import current_ontology, label_order
from workforce.labels.store import zones_in
from workforce.quality.gold_desk import find_gold
from workforce.quality.models import GoldTruth
from workforce.tasks.models import Task


class TruthWorkbench(TenantPage):
    """The editor on the right labels of a piece of gold, for who leads a client's quality."""

    permission = Permission.GOLD_MANAGE
    template_name = "workbench/truth.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.tenant.kind != Organization.Kind.CLIENT:
            raise NotFound
        gold_id: UUID = kwargs.pop("gold")
        with scope(self.tenant.id):
            gold = find_gold(gold_id)
            _require_drawable(gold)
            page = _truth_page(self.tenant, gold, get_token(self.request))
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.gold.read",
            subject=("gold", gold.id),
            purpose="oversight",
            details={"clip": str(gold.clip_id), "frames": [gold.start_frame, gold.end_frame]},
        )
        return super().get_context_data(
            page=page,
            gold=gold,
            next_version=gold.version + 1,
            title=f"What is right: {gold.clip.filename}",
            subtitle=f"Version {gold.version} · frames {gold.start_frame}–{gold.end_frame}",
            **kwargs,
        )


def _require_drawable(gold: GoldTruth) -> None:
    if gold.task_type == Task.LINKS:
        raise Conflict("The truth of links is not drawn; make it of a task that is reviewed.")
    if gold.state != GoldTruth.State.ACTIVE:
        raise Conflict("This gold is retired; work on its newest version.")
    if gold.clip.state != Clip.State.READY:
        raise Conflict("The footage of this gold is not there any more.")


def _truth_page(tenant: Organization, gold: GoldTruth, csrf: str) -> dict[str, Any]:
    """Give the document that frontend/src/labels/wire.ts calls TaskPage, in the open scope."""
    api = f"/api/v1/t/{tenant.slug}"
    clip, truth = f"{api}/clips/{gold.clip_id}", f"{api}/gold/{gold.id}/truth"
    return {
        "task": {
            "id": f"truth.{gold.id}",
            "start_frame": gold.start_frame,
            "end_frame": gold.end_frame,
            "type": gold.task_type,
            "label": "",
        },
        # Nobody else waits for it: of two who draw at once the second is told so when saving.
        "lease": {"token": 0, "expires_at": ""},
        "truth": {"version": gold.version},
        "ontology": current_ontology(gold.project).document,
        "zones": [
            {"id": str(zone.id), "name": zone.name, "kind": zone.kind, "polygon": zone.polygon}
            for zone in zones_in(gold.clip)
        ],
        "label_keys": label_order(gold.project),
        "urls": {
            "index": f"{clip}/index",
            "init": f"{clip}/init",
            "gop": f"{clip}/gops/{{n}}",
            "tracks": truth,
            "submit": truth,
            "heartbeat": "",
            "release": "",
            "home": f"/t/{tenant.slug}/gold/{gold.id}",
        },
        "csrf": csrf,
    }
