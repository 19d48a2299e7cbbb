"""The API of the operator's desk on jobs."""

from typing import Any, ClassVar
from uuid import UUID

from django.core.paginator import Paginator
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.outbox.models import Job
from core.web.api import ProviderView, checked_body
from tenants.operations import services


class JobQuery(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=Job.State.values, required=False, default="")
    kind = serializers.CharField(max_length=80, required=False, default="")
    tenant = serializers.SlugField(required=False, default="")
    page = serializers.IntegerField(min_value=1, required=False, default=1)
    limit = serializers.IntegerField(min_value=1, max_value=200, required=False, default=50)


class Kind(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=80)


class Reason(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=services.MAX_REASON)


def job_json(row: Job, slugs: dict[UUID, str]) -> dict[str, Any]:
    """A job in a list: everything but its error and arguments."""
    return {
        "id": str(row.id),
        "kind": row.kind,
        "tenant": slugs.get(row.tenant_id) if row.tenant_id else None,
        "state": row.state,
        "priority": row.priority,
        "attempts": row.attempts,
        "created_at": row.created_at,
        "run_after": row.run_after,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def detail_json(row: Job) -> dict[str, Any]:
    """One job with its arguments, which are ids and numbers, and its scrubbed error."""
    return job_json(row, services.slugs([row])) | {"args": row.args, "error": row.error}


class JobView(ProviderView):
    permissions: ClassVar = {"GET": Permission.JOB_MANAGE, "POST": Permission.JOB_MANAGE}


class Jobs(JobView):
    def get(self, request: Request) -> Response:
        """List jobs, the newest first, with the counts of all states."""
        serializer = JobQuery(data=request.query_params.dict())
        serializer.is_valid(raise_exception=True)
        query = serializer.validated_data
        filters = services.Filters(query["state"], query["kind"], query["tenant"])
        page = Paginator(filters.rows(), query["limit"]).get_page(query["page"])
        rows = list(page.object_list)
        slugs = services.slugs(rows)
        return Response(
            {
                "counts": {count.state: count.count for count in services.counts()},
                "total": page.paginator.count,
                "page": page.number,
                "pages": page.paginator.num_pages,
                "results": [job_json(row, slugs) for row in rows],
            }
        )


class RetryKind(JobView):
    permissions: ClassVar = {"POST": Permission.JOB_MANAGE}

    def post(self, request: Request) -> Response:
        """Open the dead jobs of a kind again, up to 500 of them."""
        body = checked_body(Kind, request)
        return Response({"opened": services.retry_kind(actor=self.actor, kind=body["kind"])})


class JobDetail(JobView):
    permissions: ClassVar = {"GET": Permission.JOB_MANAGE}

    def get(self, request: Request, job: UUID) -> Response:
        """Show one job."""
        return Response(detail_json(services.get_job(job)))


class Retry(JobView):
    permissions: ClassVar = {"POST": Permission.JOB_MANAGE}

    def post(self, request: Request, job: UUID) -> Response:
        """Open a dead job again."""
        return Response(detail_json(services.retry_job(actor=self.actor, job_id=job)))


class Drop(JobView):
    permissions: ClassVar = {"POST": Permission.JOB_MANAGE}

    def post(self, request: Request, job: UUID) -> Response:
        """Give a dead job up, with a reason."""
        reason = checked_body(Reason, request)["reason"]
        return Response(detail_json(services.drop_job(actor=self.actor, job_id=job, reason=reason)))
