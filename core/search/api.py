"""The API of the search."""

from typing import Any, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.search.finding import look_here, read_query
from core.web.api import TenantView, checked_query
from core.web.described import described


class SearchQuery(serializers.Serializer[Any]):
    q = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="Beginnings of words, or an id."
    )


class HitJson(TypedDict):
    kind: str
    title: str
    path: str
    about: str


class FoundJson(TypedDict):
    """`query`: as it was understood."""

    query: str
    results: list[HitJson]


class Search(TenantView):
    """Find things of one organization by the beginnings of the words of their names, or by id."""

    permissions = {"GET": Permission.ORGANIZATION_READ}

    @described("search", query=(SearchQuery,), answer=FoundJson)
    def get(self, request: Request, tenant: str) -> Response:
        asked = read_query(checked_query(SearchQuery, request).get("q", ""))
        groups = look_here(self.entry, asked)
        return Response(
            {
                "query": asked.text,
                "results": [
                    {"kind": group.label, "title": hit.title, "path": hit.path, "about": hit.sub}
                    for group in groups
                    for hit in group.hits
                ],
            }
        )
