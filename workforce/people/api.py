"""The API of a vendor's people."""

from datetime import date, datetime
from typing import IO, Any, ClassVar, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.errors import Invalid
from core.tenancy.scope import scope
from core.web.answers import Document, Id, Schema, Sha256
from core.web.api import TenantView, checked_body
from core.web.described import described
from workforce.people import services
from workforce.people.hours import Hours, OtherDay, set_hours
from workforce.people.imports import Planned, apply_roster, preview_roster, read_preview
from workforce.people.models import Qualification, RosterImport, Worker
from workforce.people.roster import MAX_BYTES


class NewWorker(serializers.Serializer[Any]):
    user = serializers.UUIDField()
    skills = serializers.ListField(child=serializers.CharField(max_length=32), default=list)


class NewSkill(serializers.Serializer[Any]):
    task_type = serializers.CharField(max_length=32)
    level = serializers.IntegerField(min_value=1, max_value=5, required=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class Capacity(serializers.Serializer[Any]):
    active = serializers.BooleanField(required=False)
    time_zone = serializers.CharField(max_length=64, required=False)
    tasks_at_once = serializers.IntegerField(required=False)
    minutes_per_day = serializers.IntegerField(required=False)


class NewQualification(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Qualification.Kind.choices)
    value = serializers.CharField(max_length=63)
    starts_at = serializers.DateTimeField(required=False, allow_null=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class ShiftBody(serializers.Serializer[Any]):
    weekday = serializers.IntegerField(min_value=0, max_value=6)
    start = serializers.IntegerField(min_value=0, max_value=1439)
    minutes = serializers.IntegerField(min_value=1, max_value=1440)


class OtherDayBody(serializers.Serializer[Any]):
    day = serializers.DateField()
    start = serializers.IntegerField(min_value=0, max_value=1439, required=False, allow_null=True)
    minutes = serializers.IntegerField(min_value=0, max_value=1440, default=0)


class HoursBody(serializers.Serializer[Any]):
    shifts = ShiftBody(many=True)
    exceptions = OtherDayBody(many=True, default=list)


ROSTER: Schema = {
    "type": "string",
    "description": "The list, with a heading line; see the page People for its columns.",
    "example": "email,skills\nanna@northlight.example,boxes:2\n",
}


class SkillJson(TypedDict):
    task_type: str
    level: int
    expires_at: datetime | None


class QualificationJson(TypedDict):
    id: Id
    kind: str
    value: str
    starts_at: datetime | None
    expires_at: datetime | None


class ShiftJson(TypedDict):
    """`weekday`: 0 is Monday; `start`: minutes after midnight in the person's time zone."""

    weekday: int
    start: int
    minutes: int


class OtherDayJson(TypedDict):
    day: date
    start: int | None
    minutes: int


class WorkerJson(TypedDict):
    """One of the vendor's people: what they can and may do, and when they work."""

    id: Id
    user: Id
    name: str
    active: bool
    time_zone: str
    tasks_at_once: int
    minutes_per_day: int | None
    skills: list[SkillJson]
    qualifications: list[QualificationJson]
    shifts: list[ShiftJson]
    exceptions: list[OtherDayJson]


class RosterRow(TypedDict):
    line: int
    email: str
    state: str
    changes: list[str]
    errors: list[str]


class RosterJson(TypedDict):
    """What a list of people would change or changed, row by row."""

    id: Id
    sha256: Sha256
    applied_at: datetime | None
    outcome: Document
    rows: list[RosterRow]


def worker_json(worker: Worker) -> WorkerJson:
    return {
        "id": str(worker.id),
        "user": str(worker.user_id),
        "name": worker.user.get_full_name(),
        "active": worker.active,
        "time_zone": worker.time_zone,
        "tasks_at_once": worker.tasks_at_once,
        "minutes_per_day": worker.minutes_per_day,
        "skills": [
            {"task_type": s.task_type, "level": s.level, "expires_at": s.expires_at}
            for s in worker.skills.all()
        ],
        "qualifications": [qualification_json(q) for q in worker.qualifications.all()],
        "shifts": [
            {"weekday": s.weekday, "start": s.start, "minutes": s.minutes}
            for s in worker.shifts.all()
        ],
        "exceptions": [
            {"day": e.day, "start": e.start, "minutes": e.minutes} for e in worker.exceptions.all()
        ],
    }


def qualification_json(held: Qualification) -> QualificationJson:
    return {
        "id": str(held.id),
        "kind": held.kind,
        "value": held.value,
        "starts_at": held.starts_at,
        "expires_at": held.expires_at,
    }


def roster_json(kept: RosterImport, planned: list[Planned]) -> RosterJson:
    return {
        "id": str(kept.id),
        "sha256": kept.sha256,
        "applied_at": kept.applied_at,
        "outcome": kept.outcome,
        "rows": [
            {
                "line": item.row.line,
                "email": item.row.email,
                "state": item.state,
                "changes": list(item.changes),
                "errors": item.row.errors,
            }
            for item in planned
        ],
    }


class WorkerDetail(TenantView):
    permissions: ClassVar = {"GET": Permission.PEOPLE_READ, "PATCH": Permission.PEOPLE_MANAGE}

    @described("get_worker", answer=WorkerJson)
    def get(self, request: Request, tenant: str, worker: UUID) -> Response:
        with scope(self.tenant.id):
            return Response(worker_json(services.get_worker(worker)))

    @described("set_capacity", body=Capacity, answer=WorkerJson)
    def patch(self, request: Request, tenant: str, worker: UUID) -> Response:
        services.set_capacity(
            actor=self.actor,
            vendor=self.tenant.id,
            worker_id=worker,
            **checked_body(Capacity, request),
        )
        return self.get(request, tenant, worker)


class WorkerSkills(TenantView):
    permissions: ClassVar = {"POST": Permission.PEOPLE_MANAGE}

    @described("set_skill", body=NewSkill, answer=WorkerJson, status=201)
    def post(self, request: Request, tenant: str, worker: UUID) -> Response:
        body = checked_body(NewSkill, request)
        services.set_skill(actor=self.actor, vendor=self.tenant.id, worker_id=worker, **body)
        with scope(self.tenant.id):
            return Response(worker_json(services.get_worker(worker)), status=201)


class WorkerQualifications(TenantView):
    permissions: ClassVar = {"POST": Permission.PEOPLE_MANAGE}

    @described("add_qualification", body=NewQualification, answer=QualificationJson, status=201)
    def post(self, request: Request, tenant: str, worker: UUID) -> Response:
        held = services.qualify(
            actor=self.actor,
            vendor=self.tenant.id,
            worker_id=worker,
            **checked_body(NewQualification, request),
        )
        return Response(qualification_json(held), status=201)


class WorkerQualification(TenantView):
    permissions: ClassVar = {"DELETE": Permission.PEOPLE_MANAGE}

    @described("remove_qualification", status=204)
    def delete(self, request: Request, tenant: str, worker: UUID, qualification: UUID) -> Response:
        services.disqualify(
            actor=self.actor,
            vendor=self.tenant.id,
            worker_id=worker,
            qualification_id=qualification,
        )
        return Response(status=204)


class WorkerHours(TenantView):
    permissions: ClassVar = {"PUT": Permission.PEOPLE_MANAGE}

    @described("set_hours", body=HoursBody, answer=WorkerJson)
    def put(self, request: Request, tenant: str, worker: UUID) -> Response:
        body = checked_body(HoursBody, request)
        set_hours(
            actor=self.actor,
            vendor=self.tenant.id,
            worker_id=worker,
            shifts=[Hours(**row) for row in body["shifts"]],
            exceptions=[OtherDay(**row) for row in body["exceptions"]],
        )
        with scope(self.tenant.id):
            return Response(worker_json(services.get_worker(worker)))


class CsvParser(BaseParser):
    """The bytes of a list as they came; one byte over the limit is enough to refuse it."""

    media_type = "text/csv"

    def parse(self, stream: IO[bytes], *_: Any, **__: Any) -> bytes:  # type: ignore[override]
        return stream.read(MAX_BYTES + 1)


class Rosters(TenantView):
    """POST text/csv: what taking the list over would do, row by row. Nothing is written yet."""

    permissions: ClassVar = {"POST": Permission.PEOPLE_MANAGE}
    parser_classes = (CsvParser, JSONParser)

    @described("read_roster", body={"text/csv": ROSTER}, answer=RosterJson, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        content: object = request.data
        if not isinstance(content, bytes):
            raise Invalid("Send the list as text/csv.", field="file")
        kept, planned = preview_roster(actor=self.actor, vendor=self.tenant.id, content=content)
        return Response(roster_json(kept, planned), status=201)


class RosterDetail(TenantView):
    permissions: ClassVar = {"GET": Permission.PEOPLE_MANAGE}

    @described("get_roster", answer=RosterJson)
    def get(self, request: Request, tenant: str, roster: UUID) -> Response:
        return Response(roster_json(*read_preview(vendor=self.tenant.id, roster_id=roster)))


class RosterApply(TenantView):
    permissions: ClassVar = {"POST": Permission.PEOPLE_MANAGE}

    @described("apply_roster", answer=RosterJson)
    def post(self, request: Request, tenant: str, roster: UUID) -> Response:
        kept = apply_roster(actor=self.actor, vendor=self.tenant.id, roster_id=roster)
        return Response(roster_json(kept, []))
