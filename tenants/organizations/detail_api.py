"""The API of an organization's own details and of its key."""

import zoneinfo
from datetime import datetime
from typing import Any, ClassVar, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.storage.rotation import key_state, rotate_key
from core.tenancy.scope import scope
from core.web.api import TenantView, checked_body
from core.web.described import described
from tenants.organizations.key_api import RotationJson, rotation_json
from tenants.organizations.key_plans import choose_plan, plan_of
from tenants.organizations.models import KeyPlan, Profile
from tenants.organizations.profiles import change_profile


class DetailsBody(serializers.Serializer[Any]):
    """As it stands on invoices and contracts."""

    name = serializers.CharField(max_length=120)
    address = serializers.CharField(max_length=400, allow_blank=True)
    tax_number = serializers.CharField(max_length=40, allow_blank=True, default="")
    time_zone = serializers.CharField(max_length=64)

    def validate_time_zone(self, zone: str) -> str:
        """One of the IANA database."""
        if zone not in zoneinfo.available_timezones():
            raise serializers.ValidationError("Name a time zone as Europe/Berlin.")
        return zone


class KeyPlanBody(serializers.Serializer[Any]):
    """`days`: how often the key is replaced; 0 for when somebody asks."""

    days = serializers.ChoiceField(choices=KeyPlan.Every.choices)


class KeyStanding(TypedDict):
    """An organization's key; `behind`: data keys that are not yet under its newest version."""

    version: int | None
    since: datetime | None
    behind: int
    days: int | None
    rotation: RotationJson | None


class Details(TenantView):
    """Name, address, tax number and time zone."""

    permissions: ClassVar = {"GET": Permission.MEMBER_LIST, "PUT": Permission.MEMBER_MANAGE}

    @described("get_details", answer=DetailsBody)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            profile = Profile.objects.first() or Profile(name=self.tenant.slug)
        return Response(DetailsBody(profile).data)

    @described("set_details", body=DetailsBody, answer=DetailsBody)
    def put(self, request: Request, tenant: str) -> Response:
        given = checked_body(DetailsBody, request)
        change_profile(actor=self.actor, tenant=self.tenant.id, **given)
        return self.get(request, tenant)


class OwnKey(TenantView):
    """PUT chooses how often the key is replaced; POST replaces it now."""

    permissions: ClassVar = dict.fromkeys(("GET", "PUT", "POST"), Permission.KEY_CHOOSE)

    @described("get_key", answer=KeyStanding)
    def get(self, request: Request, tenant: str) -> Response:
        state = key_state(self.tenant)
        with scope(self.tenant.id):
            plan = plan_of()
        standing: KeyStanding = {
            "version": state.version,
            "since": state.since,
            "behind": state.behind,
            "days": plan.days if plan else None,
            "rotation": rotation_json(state.rotation),
        }
        return Response(standing)

    @described("choose_key_plan", body=KeyPlanBody, answer=KeyStanding)
    def put(self, request: Request, tenant: str) -> Response:
        days = checked_body(KeyPlanBody, request)["days"]
        choose_plan(actor=self.actor, tenant=self.tenant.id, days=days)
        return self.get(request, tenant)

    @described("replace_key", answer=RotationJson, status=202)
    def post(self, request: Request, tenant: str) -> Response:
        rotation = rotate_key(actor=self.actor, tenant=self.tenant.id)
        return Response(rotation_json(rotation), status=202)
