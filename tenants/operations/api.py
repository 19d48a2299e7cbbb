"""The API of the operator's desk on jobs."""

from datetime import datetime
from typing import Any, ClassVar, Literal, TypedDict, cast
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.outbox.models import Job
from core.tenancy.models import Organization
from core.web.answers import Document, Id, Slug
from core.web.api import ProviderView, checked_body, checked_query
from core.web.described import described
from core.web.list_queries import OneOf
from core.web.paging import page_of_rows
from tenants.operations import services


class JobQuery(serializers.Serializer[Any]):
    state = OneOf(Job.State.values, default="")
    kind = serializers.CharField(max_length=80, required=False, default="")
    tenant = serializers.SlugField(required=False, default="")


class Kind(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=80)


class DropReason(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=services.MAX_REASON)


class JobJson(TypedDict):
    """A job in a list."""

    id: Id
    kind: str
    tenant: Slug | None
    state: Literal["open", "running", "done", "dead", "dropped"]
    priority: int
    attempts: int
    created_at: datetime
    run_after: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobDetailJson(JobJson):
    """A job with its arguments, which are ids and numbers, and its scrubbed error."""

    args: Document
    error: str


class JobCounts(TypedDict):
    """`counts`: of all states. `total`: of what the filters select."""

    counts: dict[str, int]
    total: int


class Opened(TypedDict):
    opened: int


def job_json(row: Job, owners: dict[UUID, Organization]) -> JobJson:
    """A job in a list: everything but its error and arguments."""
    owner = owners.get(row.tenant_id) if row.tenant_id else None
    return {
        "id": str(row.id),
        "kind": row.kind,
        "tenant": owner.slug if owner else None,
        "state": cast(Any, row.state),
        "priority": row.priority,
        "attempts": row.attempts,
        "created_at": row.created_at,
        "run_after": row.run_after,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def detail_json(row: Job) -> JobDetailJson:
    """One job with its arguments, which are ids and numbers, and its scrubbed error."""
    return {**job_json(row, services.owners([row])), "args": row.args, "error": row.error}


class JobView(ProviderView):
    permissions: ClassVar = {"GET": Permission.JOB_MANAGE, "POST": Permission.JOB_MANAGE}


class Jobs(JobView):
    @described("list_jobs", query=(JobQuery,), page=JobJson, beside=JobCounts)
    def get(self, request: Request) -> Response:
        """List jobs, the newest first, with the counts of all states."""
        query = checked_query(JobQuery, request)
        filters = services.Filters(query["state"], query["kind"], query["tenant"])
        rows = filters.rows()
        return page_of_rows(
            request,
            rows,
            lambda page: [job_json(row, its) for its in [services.owners(page)] for row in page],
            counts={count.state: count.count for count in services.counts()},
            total=rows.count(),
        )


class RetryKind(JobView):
    permissions: ClassVar = {"POST": Permission.JOB_MANAGE}

    @described("retry_jobs_of_kind", body=Kind, answer=Opened)
    def post(self, request: Request) -> Response:
        """Open the dead jobs of a kind again, up to 500 of them."""
        body = checked_body(Kind, request)
        return Response({"opened": services.retry_kind(actor=self.actor, kind=body["kind"])})


class JobDetail(JobView):
    permissions: ClassVar = {"GET": Permission.JOB_MANAGE}

    @described("get_job", answer=JobDetailJson)
    def get(self, request: Request, job: UUID) -> Response:
        """Show one job."""
        return Response(detail_json(services.get_job(job)))


class Retry(JobView):
    permissions: ClassVar = {"POST": Permission.JOB_MANAGE}

    @described("retry_job", answer=JobDetailJson)
    def post(self, request: Request, job: UUID) -> Response:
        """Open a dead job again."""
        return Response(detail_json(services.retry_job(actor=self.actor, job_id=job)))


class Drop(JobView):
    permissions: ClassVar = {"POST": Permission.JOB_MANAGE}

    @described("drop_job", body=DropReason, answer=JobDetailJson)
    def post(self, request: Request, job: UUID) -> Response:
        """Give a dead job up, with a reason."""
        reason = checked_body(DropReason, request)["reason"]
        return Response(detail_json(services.drop_job(actor=self.actor, job_id=job, reason=reason)))
