"""What a reader of the log may ask for."""

from typing import Any

from rest_framework import serializers

_ACTIONS = r"^[a-z0-9_.]+(,[a-z0-9_.]+)*$"
_SUBJECT = r"^[a-z][a-z0-9_]*(:[A-Za-z0-9._-]{1,80})?$"
_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_CAMERAS = f"^{_UUID}(,{_UUID})*$"
_PURPOSES = r"^[a-z0-9_]+(-[a-z0-9_]+)*(,[a-z0-9_]+(-[a-z0-9_]+)*)*$"
_ROLES = r"^[a-z_]+(,[a-z_]+)*$"
#: Where nobody acted but a part of the system.
SYSTEM = "system"
#: The purpose of looking behind a commitment: one word that goes into the log, as in a grant.
PURPOSE = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class LogFilter(serializers.Serializer[Any]):
    """Filters of the log: all that are given must hold."""

    action = serializers.RegexField(_ACTIONS, required=False, help_text="One or more, with commas.")
    actor = serializers.UUIDField(required=False, help_text="The account that acted.")
    subject = serializers.RegexField(_SUBJECT, required=False, help_text="A kind, or kind:id.")
    role = serializers.RegexField(
        _ROLES, required=False, help_text="What who acted is here today: one or more, with commas."
    )
    camera = serializers.RegexField(
        _CAMERAS, required=False, help_text="Ids of cameras: entries on their clips."
    )
    batch = serializers.UUIDField(required=False, help_text="A batch: entries on its clips.")
    why = serializers.RegexField(
        _PURPOSES,
        required=False,
        help_text="The purpose that an entry states: one or more, with commas; none: unstated.",
    )
    not_action = serializers.RegexField(_ACTIONS, required=False, help_text="None of these.")
    not_actor = serializers.UUIDField(required=False, help_text="Not this account.")
    not_subject = serializers.RegexField(
        _SUBJECT, required=False, help_text="Not on this kind, or kind:id."
    )
    not_role = serializers.RegexField(_ROLES, required=False, help_text="None of these.")
    not_camera = serializers.RegexField(_CAMERAS, required=False, help_text="None of these.")
    not_why = serializers.RegexField(_PURPOSES, required=False, help_text="None of these.")
    after = serializers.DateTimeField(required=False, help_text="At this instant or later.")
    before = serializers.DateTimeField(required=False, help_text="Before this instant.")


class LogPage(LogFilter):
    cursor = serializers.CharField(required=False, max_length=200)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class BundleQuery(LogFilter):
    since = serializers.IntegerField(
        min_value=0, default=0, help_text="Size of a checkpoint that you kept."
    )
    size = serializers.IntegerField(
        min_value=1, required=False, help_text="Size of the checkpoint to prove against."
    )
    disclose = serializers.BooleanField(default=False, help_text="Add personal values.")
    purpose = serializers.RegexField(PURPOSE, max_length=64, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["disclose"] and "purpose" not in attrs:
            raise serializers.ValidationError(
                {"purpose": "Say in one word what the personal values are needed for."}
            )
        return attrs


class Checkpoints(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0, default=0, help_text="A size.")
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)


class HandedIn(serializers.Serializer[Any]):
    """A witness's cosignature of a checkpoint."""

    size = serializers.IntegerField(min_value=1)
    key = serializers.CharField(max_length=400)
    signature = serializers.CharField(max_length=600, trim_whitespace=False)


class CheckpointQuery(serializers.Serializer[Any]):
    size = serializers.IntegerField(min_value=1, required=False)


class ConsistencyQuery(serializers.Serializer[Any]):
    old = serializers.IntegerField(min_value=1)
    new = serializers.IntegerField(min_value=1)


class Resolution(serializers.Serializer[Any]):
    purpose = serializers.RegexField(PURPOSE, max_length=64)


def lookups(asked: dict[str, Any]) -> dict[str, Any]:
    """Turn validated filters into lookups on AuditEntry: equality and ranges only.

    LIKE is not leakproof, so under row-level security its indexes would go unused. Roles and
    cameras need the tenant's own rows, and so do batches: `selection.where_of` adds them.
    """
    where = _left_out(asked)
    if "why" in asked:
        where["body__purpose__among"] = asked["why"].split(",")
    if "action" in asked:
        where["action__in"] = asked["action"].split(",")
    if "actor" in asked:
        where["actor_id"] = asked["actor"]
    if "subject" in asked:
        kind, _, subject_id = asked["subject"].partition(":")
        where["subject_kind"] = kind
        if subject_id:
            where["subject_id"] = subject_id
    if "after" in asked:
        where["time__gte"] = asked["after"]
    if "before" in asked:
        where["time__lt"] = asked["before"]
    return where


def _left_out(asked: dict[str, Any]) -> dict[str, Any]:
    where: dict[str, Any] = {}
    if "not_why" in asked:
        where["body__purpose__outside"] = asked["not_why"].split(",")
    if "not_action" in asked:
        where["action__outside"] = asked["not_action"].split(",")
    if "not_actor" in asked:
        where["actor_id__outside"] = [asked["not_actor"]]
    if "not_subject" in asked:
        kind, _, subject_id = asked["not_subject"].partition(":")
        name = "subject_id__outside" if subject_id else "subject_kind__outside"
        where[name] = [subject_id or kind]
    return where


def as_details(asked: dict[str, Any]) -> dict[str, Any]:
    """Write what was asked for as details of the entry that says what was read."""
    details: dict[str, Any] = {}
    for name, value in lookups(asked).items():
        details[name] = [str(one) for one in value] if isinstance(value, list) else str(value)
    for name in ("role", "not_role", "camera", "not_camera"):
        if name in asked:
            details[name] = asked[name].split(",")
    if "batch" in asked:
        details["batch"] = str(asked["batch"])
    return details
