"""Reading clips, in the open scope."""

from uuid import UUID

from core.errors import NotFound
from tenants.intake.models import Clip


def get_clip(clip_id: UUID) -> Clip:
    """Find a clip of the open scope. Raises NotFound."""
    rows = Clip.objects.select_related("project", "source")
    clip: Clip | None = rows.filter(id=clip_id).first()
    if clip is None:
        raise NotFound
    return clip
