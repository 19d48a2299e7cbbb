"""Projects and cameras are found by their names."""

from core.access.permissions import Permission
from core.search.registry import Findable, Hit, findable
from tenants.projects.models import Camera, Project

findable(
    Findable(
        kind="project",
        label="Projects",
        icon="tags",
        permission=Permission.PROJECT_READ,
        model=Project,
        columns=("name", "slug"),
        show=lambda row: Hit(row.name, f"projects/{row.id}"),
    )
)
findable(
    Findable(
        kind="camera",
        label="Cameras",
        icon="cctv",
        permission=Permission.PROJECT_READ,
        model=Camera,
        columns=("name",),
        show=lambda row: Hit(row.name, "cameras", row.site.name),
        related=("site",),
    )
)
