"""The API of keys: how they stand, and replacing them. No key ever leaves."""

from datetime import datetime
from typing import Any, ClassVar, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.accounts.second_factors import count_to_move
from core.crypto.kms import root_keys
from core.errors import NotFound
from core.storage.models import KeyRotation
from core.storage.rotation import KeyState, key_states, move_all_to_active_root, rotate_key
from core.tenancy.models import Organization
from core.web.answers import Id, Slug
from core.web.api import ProviderView, checked_body
from core.web.described import described


class KeyOrder(serializers.Serializer[Any]):
    """`organization`: rotate its key. Without one: move all keys under the active root key."""

    organization = serializers.SlugField(required=False)


class RotationJson(TypedDict):
    """How far the data keys of an organization were moved under its new key."""

    id: Id
    version: int
    state: str
    total: int
    moved: int
    created_at: datetime
    finished_at: datetime | None


class KeyJson(TypedDict):
    """An organization's key; `behind`: data keys that are not yet under its newest version."""

    organization: Slug
    version: int | None
    since: datetime | None
    root_keys: list[str]
    behind: int
    rotation: RotationJson | None


class KeysJson(TypedDict):
    root_key: str
    organizations: list[KeyJson]
    secrets_behind: int


def rotation_json(row: KeyRotation | None) -> RotationJson | None:
    if row is None:
        return None
    return {
        "id": str(row.id),
        "version": row.version,
        "state": row.state,
        "total": row.total,
        "moved": row.moved,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
    }


def key_json(state: KeyState) -> KeyJson:
    return {
        "organization": state.organization.slug,
        "version": state.version,
        "since": state.since,
        "root_keys": sorted(state.root_keys),
        "behind": state.behind,
        "rotation": rotation_json(state.rotation),
    }


class Keys(ProviderView):
    permissions: ClassVar = {"GET": Permission.KEY_MANAGE, "POST": Permission.KEY_MANAGE}

    @described("list_keys", answer=KeysJson)
    def get(self, request: Request) -> Response:
        states = [key_json(state) for state in key_states()]
        return Response(
            {
                "root_key": root_keys().active,
                "organizations": states,
                "secrets_behind": count_to_move(),
            }
        )

    @described(
        "rotate_key",
        body=KeyOrder,
        answer=RotationJson,
        status=202,
        also={200: "All keys were moved under the active root key."},
    )
    def post(self, request: Request) -> Response:
        slug = checked_body(KeyOrder, request).get("organization")
        if slug is None:
            moved = move_all_to_active_root(actor=self.actor)
            return Response({"root_key": root_keys().active, "moved": moved})
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            raise NotFound
        rotation = rotate_key(actor=self.actor, tenant=organization.id)
        return Response(rotation_json(rotation), status=202)
