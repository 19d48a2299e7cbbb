"""The API of an organization's standing."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.models import Organization
from core.web.api import ProviderView, checked_body
from core.web.described import described
from tenants.organizations.api import OrganizationJson, organization_json
from tenants.organizations.standing import NOTE_LENGTH, change_standing


class NewStanding(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=Organization.State.values)
    reason = serializers.ChoiceField(choices=Organization.Reason.values)
    note = serializers.CharField(max_length=NOTE_LENGTH)


class StandingJson(OrganizationJson):
    """How an organization stands, since when and why."""

    reason: str
    since: datetime | None


class Standing(ProviderView):
    """Suspend, reinstate or close an organization."""

    permissions: ClassVar = {"POST": Permission.ORGANIZATION_APPROVE}

    @described("change_standing", body=NewStanding, answer=StandingJson)
    def post(self, request: Request, organization: UUID) -> Response:
        body = checked_body(NewStanding, request)
        row = change_standing(
            actor=self.actor,
            organization_id=organization,
            to=body["state"],
            reason=body["reason"],
            note=body["note"],
        )
        return Response(
            {
                **organization_json(row),
                "reason": row.state_reason,
                "since": row.state_since,
            }
        )
