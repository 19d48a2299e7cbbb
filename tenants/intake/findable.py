"""Clips and batches are found by their names."""

from core.access.permissions import Permission
from core.search.registry import Findable, Hit, findable
from tenants.intake.models import Batch, Clip

findable(
    Findable(
        kind="batch",
        label="Batches",
        icon="layers",
        permission=Permission.CLIP_LIST,
        model=Batch,
        columns=("name",),
        show=lambda row: Hit(row.name, f"batches/{row.id}", row.project.name),
        related=("project",),
    )
)
findable(
    Findable(
        kind="clip",
        label="Footage",
        icon="film",
        permission=Permission.CLIP_LIST,
        model=Clip,
        columns=("filename",),
        show=lambda row: Hit(
            row.filename or f"Clip {str(row.id)[:8]}", f"clips/{row.id}", row.get_state_display()
        ),
    )
)
