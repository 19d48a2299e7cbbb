"""The API of one's own notices: list, mark, and choose."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.models import Engagement
from core.accounts.models import ApiToken
from core.notices.hearers import places_of, roles_of
from core.notices.kinds import KINDS, Way, kinds_for
from core.notices.reading import Told, inbox, unread, words_of
from core.notices.services import choices_of, choose, digest_hour, mark_read, mark_unread
from core.tenancy.asking import ask_as_person
from core.web.answers import Id, Slug
from core.web.api import ApiView, checked_body, checked_query
from core.web.described import described
from core.web.list_queries import OneOf
from core.web.paging import page_of_rows


class Marking(serializers.Serializer[Any]):
    """ids: which notices; without them all. read: False marks those of `ids` unread again."""

    ids = serializers.ListField(child=serializers.UUIDField(), max_length=500, required=False)
    read = serializers.BooleanField(default=True)


class Choices(serializers.Serializer[Any]):
    """ways: off, portal, digest or mail by kind."""

    ways = serializers.DictField(
        child=serializers.ChoiceField([way.name.lower() for way in Way]), default=dict
    )
    hour = serializers.IntegerField(min_value=0, max_value=23, required=False)


class NoticeQuery(serializers.Serializer[Any]):
    unread = serializers.BooleanField(default=False, help_text="Only what was not read.")
    kind = OneOf(KINDS, default="", help_text="Only of this kind.")
    organization = serializers.SlugField(
        default="", max_length=63, source="place", help_text="Only of this organization (slug)."
    )


class NoticeJson(TypedDict):
    """`text`: in words; `path`: the page where it is dealt with."""

    id: Id
    kind: str
    severity: str
    text: str
    path: str
    organization: Slug
    organization_name: str
    created_at: datetime
    read_at: datetime | None


class Unread(TypedDict):
    unread: int


class NoticeCounts(Unread):
    """`unread`: of all; `count`: of what the query selects."""

    count: int


class ChoiceJson(TypedDict):
    """`ways`: what can be chosen for the kind."""

    kind: str
    title: str
    way: str
    ways: list[str]


class ChoicesJson(TypedDict):
    """`hour`: of the daily e-mail, in `time_zone`."""

    hour: int
    time_zone: str
    kinds: list[ChoiceJson]


def _json(told: Told) -> NoticeJson:
    return {
        "id": str(told.id),
        "kind": told.kind.name,
        "severity": told.kind.severity,
        "text": told.sentence,
        "path": told.path,
        "organization": told.organization,
        "organization_name": told.organization_name,
        "created_at": told.created_at,
        "read_at": told.read_at,
    }


class NoticesView(ApiView):
    """Base: a token reads the notices of its own organization and of who engages it."""

    def places(self) -> set[UUID]:
        """Give the organizations whose notices are answered for."""
        found = places_of(self.person)
        token = self.request.auth
        if isinstance(token, ApiToken):
            clients = Engagement.objects.filter(vendor_id=token.organization_id)
            found &= {token.organization_id, *clients.values_list("client_id", flat=True)}
        return found


class Notices(NoticesView):
    """One's own notices, newest first."""

    @described("list_my_notices", query=(NoticeQuery,), page=NoticeJson, beside=NoticeCounts)
    def get(self, request: Request) -> Response:
        ask_as_person(self.person.pk)
        places = self.places()
        rows = inbox(self.person, places, **checked_query(NoticeQuery, request))
        return page_of_rows(
            request,
            rows,
            lambda page: [_json(one) for one in words_of(page)],
            unread=unread(self.person, places),
            count=rows.count(),
        )

    @described("mark_notices", body=Marking, answer=Unread)
    def post(self, request: Request) -> Response:
        """Mark notices read or unread."""
        body = checked_body(Marking, request)
        if body["read"]:
            mark_read(person=self.person, ids=body.get("ids"), places=self.places())
        else:
            mark_unread(person=self.person, ids=body.get("ids", []))
        return Response({"unread": unread(self.person, self.places())})


class NoticeChoices(NoticesView):
    """How one hears of each kind, and the hour of the daily e-mail."""

    @described("get_notice_choices", answer=ChoicesJson)
    def get(self, request: Request) -> Response:
        return Response(self._choices())

    @described("set_notice_choices", body=Choices, answer=ChoicesJson)
    def put(self, request: Request) -> Response:
        """Choose anew for the kinds that are named; the others stay."""
        body = checked_body(Choices, request)
        ways = {name: Way[way.upper()].value for name, way in body["ways"].items()}
        choose(actor=self.actor, person=self.person, ways=ways, hour=body.get("hour"))
        return Response(self._choices())

    def _choices(self) -> ChoicesJson:
        chosen = choices_of(self.person)
        kinds = kinds_for(roles_of(self.person))
        return {
            "hour": digest_hour(self.person),
            "time_zone": self.person.time_zone,
            "kinds": [
                {
                    "kind": kind.name,
                    "title": kind.title,
                    "way": chosen[kind.name].name.lower(),
                    "ways": [way.name.lower() for way in kind.ways],
                }
                for kind in kinds
            ],
        }
