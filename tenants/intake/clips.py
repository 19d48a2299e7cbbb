"""Reading clips, in the open scope."""

from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from tenants.intake.models import Clip


def list_clips(*, project: str = "", state: str = "") -> QuerySet[Clip]:
    """Clips of the open scope, newest first. project: id or slug."""
    rows: QuerySet[Clip] = Clip.objects.select_related("project", "source")
    if project:
        try:
            rows = rows.filter(project_id=UUID(project))
        except ValueError:
            rows = rows.filter(project__slug=project)
    if state:
        rows = rows.filter(state=state)
    return rows.order_by("-created_at", "id")


def get_clip(clip_id: UUID) -> Clip:
    """Find a clip of the open scope. Raises NotFound."""
    clip: Clip | None = list_clips().filter(id=clip_id).first()
    if clip is None:
        raise NotFound
    return clip
