"""The API of the search."""

from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.search.finding import look_here, read_query
from core.web.api import TenantView


class Search(TenantView):
    """Find things of one organization by the beginnings of the words of their names, or by id."""

    permissions = {"GET": Permission.ORGANIZATION_READ}

    def get(self, request: Request, tenant: str) -> Response:
        asked = read_query(request.query_params.get("q", ""))
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
