"""The API of guidelines: what is said of each label, and writing it."""

from typing import Any, ClassVar, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.answers import Id
from core.web.api import TenantView, checked_body
from core.web.described import described
from core.web.paging import page_of_list
from tenants.projects import guidelines
from tenants.projects.services import get_project


class NewGuideline(serializers.Serializer[Any]):
    """A label or event by its key, an empty one for all; an empty text takes what was said away."""

    label = serializers.CharField(max_length=64, allow_blank=True)  # type: ignore[assignment]
    text = serializers.CharField(max_length=guidelines.MOST_TEXT, allow_blank=True)


class GuidelinePictureJson(TypedDict):
    id: Id
    caption: str
    media_type: str


class GuidelineJson(TypedDict):
    """How one label is drawn. Pictures are added on the project's page."""

    label: str
    name: str
    text: str
    pictures: list[GuidelinePictureJson]


class WrittenGuideline(TypedDict):
    label: str
    text: str


def guideline_json(section: guidelines.Section) -> GuidelineJson:
    return {
        "label": section.key,
        "name": section.name,
        "text": section.text,
        "pictures": [
            {"id": str(one.id), "caption": one.caption, "media_type": one.media_type}
            for one in section.pictures
        ],
    }


class Guidelines(TenantView):
    """What annotators read beside the work, label by label."""

    permissions: ClassVar = {"GET": Permission.PROJECT_READ, "PUT": Permission.PROJECT_EDIT}

    @described("list_guidelines", page=GuidelineJson)
    def get(self, request: Request, tenant: str, project: UUID) -> Response:
        with scope(self.tenant.id):
            sections = guidelines.sections_of(get_project(project))
        return page_of_list(request, [guideline_json(section) for section in sections])

    @described("write_guideline", body=NewGuideline, answer=WrittenGuideline)
    def put(self, request: Request, tenant: str, project: UUID) -> Response:
        body = checked_body(NewGuideline, request)
        guidelines.write_guideline(
            actor=self.actor,
            tenant=self.tenant.id,
            project_id=project,
            label=body["label"],
            text=body["text"],
        )
        return Response({"label": body["label"], "text": body["text"].strip()})
