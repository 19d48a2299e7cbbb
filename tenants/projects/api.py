"""The API of projects, sites and cameras."""

from typing import Any, ClassVar, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.errors import Invalid
from core.tenancy.scope import scope
from core.web.answers import Id
from core.web.api import TenantView, checked_body
from core.web.described import described
from core.web.paging import page_of
from tenants.projects import services
from tenants.projects.models import Camera, OntologyVersion, Project, Site, Zone
from tenants.projects.ontology import SCHEMA, surveillance_ontology


class ProjectSerializer(serializers.ModelSerializer[Project]):
    class Meta:
        model = Project
        fields = ["id", "slug", "name", "task_frames", "task_overlap", "created_at"]


class NewProject(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    ontology = serializers.JSONField(required=False)
    task_frames = serializers.IntegerField(min_value=2, max_value=10_000, default=100)
    task_overlap = serializers.IntegerField(min_value=0, default=10)


class OntologySerializer(serializers.ModelSerializer[OntologyVersion]):
    class Meta:
        model = OntologyVersion
        fields = ["id", "number", "document", "created_at"]


class ProjectWithOntology(ProjectSerializer):
    """A project with the newest version of its ontology."""

    ontology = OntologySerializer()

    class Meta(ProjectSerializer.Meta):
        fields = [*ProjectSerializer.Meta.fields, "ontology"]


class SiteSerializer(serializers.ModelSerializer[Site]):
    class Meta:
        model = Site
        fields = ["id", "name", "time_zone"]


class NewSite(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    time_zone = serializers.CharField(max_length=64)


class NewCamera(serializers.Serializer[Any]):
    site = serializers.UUIDField()
    name = serializers.CharField(max_length=120)
    zones = serializers.JSONField(required=False)


class ZoneJson(TypedDict):
    """A static zone of a camera; the polygon in pixels of the source."""

    id: Id
    kind: str
    name: str
    polygon: list[list[float]]


def zone_json(zone: Zone) -> ZoneJson:
    return {
        "id": str(zone.id),
        "kind": zone.kind,
        "name": zone.name,
        "polygon": zone.polygon,
    }


class CameraJson(TypedDict):
    id: Id
    site: Id
    name: str
    time_zone: str
    zones: list[ZoneJson]


def _camera(camera: Camera) -> CameraJson:
    return {
        "id": str(camera.id),
        "site": str(camera.site_id),
        "name": camera.name,
        "time_zone": camera.site.time_zone,
        "zones": [zone_json(zone) for zone in camera.zones.all()],
    }


class Projects(TenantView):
    permissions: ClassVar = {"GET": Permission.PROJECT_READ, "POST": Permission.PROJECT_EDIT}

    @described("list_projects", page=ProjectSerializer)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Project.objects.order_by("name", "id")
            return page_of(request, rows, lambda row: ProjectSerializer(row).data)

    @described("create_project", body=NewProject, answer=ProjectSerializer, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        project = services.create_project(
            actor=self.actor, tenant=self.tenant.id, **checked_body(NewProject, request)
        )
        return Response(ProjectSerializer(project).data, status=201)


class ProjectDetail(TenantView):
    permissions: ClassVar = {"GET": Permission.PROJECT_READ}

    @described("get_project", answer=ProjectWithOntology)
    def get(self, request: Request, tenant: str, project: UUID) -> Response:
        with scope(self.tenant.id):
            row = services.get_project(project)
            ontology = services.current_ontology(row)
            body = {**ProjectSerializer(row).data, "ontology": OntologySerializer(ontology).data}
        return Response(body)


class Ontologies(TenantView):
    permissions: ClassVar = {"GET": Permission.PROJECT_READ, "POST": Permission.PROJECT_EDIT}

    @described("list_ontology_versions", page=OntologySerializer)
    def get(self, request: Request, tenant: str, project: UUID) -> Response:
        with scope(self.tenant.id):
            rows = services.get_project(project).ontology_versions.order_by("-number")
            return page_of(request, rows, lambda row: OntologySerializer(row).data)

    @described(
        "add_ontology_version",
        body={"application/json": SCHEMA},
        example=surveillance_ontology(),
        answer=OntologySerializer,
        status=201,
    )
    def post(self, request: Request, tenant: str, project: UUID) -> Response:
        version = services.add_ontology_version(
            actor=self.actor,
            tenant=self.tenant.id,
            project_id=project,
            document=_document(request.data),
        )
        return Response(OntologySerializer(version).data, status=201)


def _document(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise Invalid("An ontology is a JSON object with labels.", field="ontology")
    return data


class Sites(TenantView):
    permissions: ClassVar = {"GET": Permission.PROJECT_READ, "POST": Permission.PROJECT_EDIT}

    @described("list_sites", page=SiteSerializer)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Site.objects.order_by("name", "id")
            return page_of(request, rows, lambda row: SiteSerializer(row).data)

    @described("add_site", body=NewSite, answer=SiteSerializer, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        site = services.add_site(
            actor=self.actor, tenant=self.tenant.id, **checked_body(NewSite, request)
        )
        return Response(SiteSerializer(site).data, status=201)


class Cameras(TenantView):
    permissions: ClassVar = {"GET": Permission.PROJECT_READ, "POST": Permission.PROJECT_EDIT}

    @described("list_cameras", page=CameraJson)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Camera.objects.select_related("site").prefetch_related("zones")
            return page_of(request, rows.order_by("name", "id"), _camera)

    @described("add_camera", body=NewCamera, answer=CameraJson, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(NewCamera, request)
        camera = services.add_camera(
            actor=self.actor, tenant=self.tenant.id, site_id=body.pop("site"), **body
        )
        with scope(self.tenant.id):
            row = Camera.objects.select_related("site").get(id=camera.id)
            return Response(_camera(row), status=201)
