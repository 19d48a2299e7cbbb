"""Guidelines beside the work, and their pictures, for those who hold a task of the project."""

from typing import Any
from uuid import UUID

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.views import View

from core.access.actors import Actor
from core.access.door import enter
from core.access.permissions import Permission
from core.accounts.models import Person
from core.audit.receipts import read_receipt
from core.clock import now
from core.errors import NotFound
from core.storage.vault import open_object
from core.tenancy.scope import scope
from tenants.projects.guidelines import Section, find_picture, sections_of
from workforce.tasks.models import QueueEntry, Task


def guidelines_of(*, tenant: UUID, task: Task) -> list[Section]:
    """What is said of the labels of a task's project; what nothing is said of is left out."""
    with scope(tenant):
        return [one for one in sections_of(task.project) if one.text or one.pictures]


def holds_work_in(project: UUID, person: UUID) -> bool:
    """Whether the person has a live lease on anything of a project."""
    return QueueEntry.objects.filter(
        project_id=project, lessee=person, state=QueueEntry.State.LEASED, lease_until__gt=now()
    ).exists()


class GuidelinePictureView(LoginRequiredMixin, View):
    """One picture of a guideline; for others than its readers it does not exist."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, tenant: str, picture: UUID, **_: Any) -> HttpResponse:
        person = request.user
        assert isinstance(person, Person)
        entry = enter(person, tenant)
        organization = entry.organization
        with scope(organization.id):
            found = find_picture(picture)
            project = found.guideline.project_id
        if Permission.PROJECT_READ not in entry.permissions and not holds_work_in(
            project, person.id
        ):
            raise NotFound
        read_receipt(
            actor=Actor.person(person),
            tenant=organization.id,
            action="guideline.picture.read",
            subject=("project", project),
            purpose="task",
            details={"picture": str(found.id)},
        )
        with open_object(tenant=organization.id, object_id=found.object_id) as reader:
            data = reader.read()
        return HttpResponse(
            data,
            content_type=found.media_type,
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        )
