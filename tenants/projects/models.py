"""Projects, versions of their ontologies, sites, cameras and zones."""

from django.conf import settings
from django.db import models

from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned


class Project(TenantOwned):
    """What a client wants labelled: an ontology, an SLA and footage belong to it."""

    slug = models.SlugField(max_length=63)
    name = models.CharField(max_length=120)
    #: Length of a task and the overlap of two neighbours, in frames.
    task_frames = models.PositiveIntegerField(default=100)
    task_overlap = models.PositiveIntegerField(default=10)
    #: Share of submitted tasks that a reviewer looks at, 0 to 1.
    review_share = models.DecimalField(max_digits=4, decimal_places=3, default=1)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "slug"], name="projects_project_slug"),
        ]

    def __str__(self) -> str:
        return self.name


class OntologyVersion(TenantOwned):
    """One version of a project's ontology document; never changed once written."""

    append_only = True

    project = TenantForeignKey(Project, on_delete=models.PROTECT, related_name="ontology_versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    created_at = models.DateTimeField(default=now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("project"),
            models.UniqueConstraint(fields=["project", "number"], name="projects_ontology_number"),
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"version {self.number}"


class Site(TenantOwned):
    """A place with cameras, in one time zone."""

    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "name"], name="projects_site_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Camera(TenantOwned):
    """One camera at a site. Its clips start at an instant in the site's time zone."""

    site = TenantForeignKey(Site, on_delete=models.PROTECT, related_name="cameras")
    name = models.CharField(max_length=120)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("site"),
            models.UniqueConstraint(fields=["site", "name"], name="projects_camera_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Zone(TenantOwned):
    """A static area of a camera's picture: a polygon in pixels of the decoded source."""

    class Kind(models.TextChoices):
        ENTRANCE = "entrance"
        PERIMETER = "perimeter"
        CIRCULATION = "circulation"
        RESTRICTED = "restricted"

    camera = TenantForeignKey(Camera, on_delete=models.CASCADE, related_name="zones")
    kind = models.CharField(max_length=16, choices=Kind)
    name = models.CharField(max_length=120)
    #: [[x, y], ...], three points or more.
    polygon = models.JSONField()

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("camera"),
            models.UniqueConstraint(fields=["camera", "name"], name="projects_zone_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Guideline(TenantOwned):
    """How one label of a project is drawn, in words; with an empty label, what holds for all."""

    project = TenantForeignKey(Project, on_delete=models.PROTECT, related_name="guidelines")
    #: Key of a label or event of the ontology.
    label = models.CharField(max_length=64, blank=True)
    text = models.TextField(blank=True)
    updated_at = models.DateTimeField(default=now)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("project"),
            models.UniqueConstraint(
                fields=["project", "label"], name="projects_guideline_once_a_label"
            ),
        ]

    def __str__(self) -> str:
        return f"guideline of {self.label or 'all'}"


class GuidelinePicture(TenantOwned):
    """A picture beside a guideline; its bytes are in the object store."""

    guideline = TenantForeignKey(Guideline, on_delete=models.CASCADE, related_name="pictures")
    object_id = models.UUIDField()
    media_type = models.CharField(max_length=16)
    caption = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [*TenantOwned.Meta.constraints, tenant_reference("guideline")]

    def __str__(self) -> str:
        return self.caption
