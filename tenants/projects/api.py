"""The API of projects, sites and cameras."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.errors import Invalid
from core.tenancy.scope import scope
from core.web.api import TenantView, checked_body
from tenants.projects import services
from tenants.projects.models import Camera, OntologyVersion, Project, Site


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


def _camera(camera: Camera) -> dict[str, Any]:
    return {
        "id": str(camera.id),
        "site": str(camera.site_id),
        "name": camera.name,
        "time_zone": camera.site.time_zone,
        "zones": [
            {
                "id": str(zone.id),
                "kind": zone.kind,
                "name": zone.name,
                "polygon": zone.polygon,
            }
            for zone in camera.zones.all()
        ],
    }


class Projects(TenantView):
    permissions: ClassVar = {"GET": Permission.PROJECT_READ, "POST": Permission.PROJECT_EDIT}

    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Project.objects.order_by("name")
            return Response({"results": ProjectSerializer(rows, many=True).data})

    def post(self, request: Request, tenant: str) -> Response:
        project = services.create_project(
            actor=self.actor, tenant=self.tenant.id, **checked_body(NewProject, request)
        )
        return Response(ProjectSerializer(project).data, status=201)


class ProjectDetail(TenantView):
    permissions: ClassVar = {"GET": Permission.PROJECT_READ}

    def get(self, request: Request, tenant: str, project: UUID) -> Response:
        with scope(self.tenant.id):
            row = services.get_project(project)
            ontology = services.current_ontology(row)
            body = {**ProjectSerializer(row).data, "ontology": OntologySerializer(ontology).data}
        return Response(body)


class Ontologies(TenantView):
    permissions: ClassVar = {"GET": Permission.PROJECT_READ, "POST": Permission.PROJECT_EDIT}

    def get(self, request: Request, tenant: str, project: UUID) -> Response:
        with scope(self.tenant.id):
            rows = services.get_project(project).ontology_versions.order_by("-number")
            return Response({"results": OntologySerializer(rows, many=True).data})

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

    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Site.objects.order_by("name")
            return Response({"results": SiteSerializer(rows, many=True).data})

    def post(self, request: Request, tenant: str) -> Response:
        site = services.add_site(
            actor=self.actor, tenant=self.tenant.id, **checked_body(NewSite, request)
        )
        return Response(SiteSerializer(site).data, status=201)


class Cameras(TenantView):
    permissions: ClassVar = {"GET": Permission.PROJECT_READ, "POST": Permission.PROJECT_EDIT}

    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Camera.objects.select_related("site").prefetch_related("zones").order_by("name")
            return Response({"results": [_camera(row) for row in rows]})

    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(NewCamera, request)
        camera = services.add_camera(
            actor=self.actor, tenant=self.tenant.id, site_id=body.pop("site"), **body
        )
        with scope(self.tenant.id):
            row = Camera.objects.select_related("site").get(id=camera.id)
            return Response(_camera(row), status=201)
