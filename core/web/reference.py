"""The API's document, for programs and people. It tells of no tenant: anybody may read it."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.generic import TemplateView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from core.web.answers import Schema
from core.web.described import described
from core.web.schema import portal_schema
from core.web.schema_examples import METHODS


@lru_cache(maxsize=1)
def written() -> tuple[bytes, str]:
    """Give the document as JSON, and its tag."""
    text = json.dumps(portal_schema(), ensure_ascii=False, indent=1).encode()
    return text, f'"{hashlib.sha256(text).hexdigest()[:32]}"'


class SchemaDocument(APIView):
    """This document (OpenAPI 3.1)."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @described("get_schema", answer=dict[str, Any])
    def get(self, request: Request) -> HttpResponse:
        text, tag = written()
        headers = {"ETag": tag, "Cache-Control": "public, max-age=300"}
        if request.headers.get("If-None-Match") == tag:
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(text, content_type="application/json", headers=headers)


NAV = [
    {"url": "/reference/", "label": "API", "icon": "book-open", "current": True},
    {"url": "/", "label": "Portal", "icon": "house", "current": False},
]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body; `depth`: how many objects it lies in."""

    name: str
    kind: str
    text: str
    where: str = ""
    required: bool = False
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    text: str
    media: str
    fields: list[Field]
    example: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    about: list[str]
    permission: str
    parameters: list[Field]
    media: str
    body: list[Field]
    example: str
    answer: Answer | None
    problems: list[str]


class Reader:
    """Reads operations out of the document, following its references."""

    def __init__(self, document: Schema) -> None:
        self.document = document

    def entries(self, tag: str) -> list[Entry]:
        """Give the operations of a room, in the order of the document."""
        return [
            self._entry(path, method, item[method])
            for path, item in self.document["paths"].items()
            for method in METHODS
            if method in item and tag in item[method]["tags"]
        ]

    def _entry(self, path: str, method: str, said: Schema) -> Entry:
        media, content = _first(said.get("requestBody", {}))
        about = said.get("description", "").split("\n\n")
        return Entry(
            id=said["operationId"],
            method=method.upper(),
            path=path,
            summary=said["summary"],
            about=[
                text.replace("`", "") for text in about if not text.startswith("Needs the perm")
            ],
            permission=said.get("x-permission", ""),
            parameters=[self._parameter(one) for one in said.get("parameters", [])],
            media=media,
            body=self._fields(content.get("schema", {})),
            example=_written(content.get("example")),
            answer=self._answer(said["responses"]),
            problems=sorted(status for status in said["responses"] if status.startswith("4")),
        )

    def _parameter(self, part: Schema) -> Field:
        if "$ref" in part:
            part = self.document["components"]["parameters"][part["$ref"].rsplit("/", 1)[1]]
        text = part.get("description", "").replace("`", "")
        kind = self._kind(part["schema"])
        return Field(part["name"], kind, text, part["in"], required=part.get("required", False))

    def _answer(self, responses: Schema) -> Answer | None:
        status = min(status for status in responses if status.startswith("2"))
        told = responses[status]
        media, content = _first(told)
        fields = self._fields(content.get("schema", {}))
        return Answer(status, told["description"], media, fields, _written(content.get("example")))

    def _followed(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def _kind(self, schema: Schema) -> str:
        """Say a type in a few words."""
        name = schema.get("$ref", "").rsplit("/", 1)[-1]
        found = self._followed(schema)
        if "enum" in found:
            return "one of " + ", ".join(str(value) for value in found["enum"] if value is not None)
        either = found.get("anyOf") or found.get("oneOf") or found.get("allOf")
        if either:
            return " or ".join(dict.fromkeys(self._kind(one) for one in either))
        if found.get("type") == "array":
            return f"list of {self._kind(found.get('items', {}))}"
        kinds = found.get("type", "any value")
        words = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
        form = found.get("format") or found.get("contentEncoding")
        return name or (f"{words} ({form})" if form else words)

    def _fields(self, schema: Schema, depth: int = 0, seen: tuple[int, ...] = ()) -> list[Field]:
        found = self._followed(schema)
        if id(found) in seen or depth > 3:
            return []
        seen = (*seen, id(found))
        if found.get("type") == "array":
            return self._fields(found.get("items", {}), depth, seen)
        parts = found.get("allOf") or found.get("anyOf") or found.get("oneOf") or []
        fields = [field for part in parts for field in self._fields(part, depth, seen)]
        for name, inner in found.get("properties", {}).items():
            required = name in found.get("required", [])
            text = inner.get("description", "").replace("`", "")
            fields.append(Field(name, self._kind(inner), text, required=required, depth=depth))
            fields += self._fields(inner, depth + 1, seen)
        return fields


def _first(part: Schema) -> tuple[str, Schema]:
    """Give the first media type of a body or answer, with what is said of it."""
    for media, content in part.get("content", {}).items():
        return media, content
    return "", {}


def _written(example: Any) -> str:
    return "" if example is None else json.dumps(example, indent=2, ensure_ascii=False)


@lru_cache(maxsize=32)
def entries_of(tag: str) -> list[Entry]:
    return Reader(portal_schema()).entries(tag)


class ReferencePage(TemplateView):
    """All operations by room."""

    template_name = "reference/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        document = portal_schema()
        rooms = [
            (tag["name"], tag["description"], entries_of(tag["name"])) for tag in document["tags"]
        ]
        about = [line.lstrip("* ") for line in document["info"]["description"].splitlines() if line]
        kwargs |= {
            "nav_items": NAV,
            "tenant_name": "API",
            "rooms": rooms,
            "about": [line.replace("**", "").replace("`", "") for line in about],
            "count": sum(len(found) for _, _, found in rooms),
        }
        return super().get_context_data(**kwargs)


class ReferenceRoom(TemplateView):
    """The operations of one room, each with its fields and examples."""

    template_name = "reference/room.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        tags = {tag["name"]: tag["description"] for tag in portal_schema()["tags"]}
        tag = kwargs["tag"]
        if tag not in tags:
            raise Http404
        context = self.get_context_data(
            nav_items=NAV,
            tenant_name="API",
            tag=tag,
            about=tags[tag],
            rooms=list(tags),
            entries=entries_of(tag),
        )
        return self.render_to_response(context)
