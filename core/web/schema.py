"""The API's document (OpenAPI 3.1), from what `described` says of each method of each view."""

from functools import lru_cache
from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, get_doc
from rest_framework.permissions import AllowAny
from rest_framework.serializers import Serializer

from core.web.answers import Schema, object_schema, schema_of
from core.web.api import LimitedView
from core.web.described import Operation
from core.web.paging import PageQuery
from core.web.schema_examples import add_examples, operations_of
from core.web.schema_parts import COMPONENTS, TAGS, problems_of

#: What the variables of paths stand for; others are ids of what they are called.
VARIABLES: Final = {
    "tenant": "Slug of the organization.",
    "tile": "Place of a tile, as C2SP's tlog-tiles writes it.",
    "number": "Its number, from 0.",
}
#: What parameters of queries ask for, where their field does not say more.
ASKED: Final = {
    "camera": "Only of this camera.",
    "clip": "Only of this clip.",
    "cursor": "`next` of the page before.",
    "kind": "Only of this kind.",
    "limit": "How many at most.",
    "new": "Size of the later checkpoint.",
    "old": "Size of the earlier checkpoint.",
    "project": "Only of this project.",
    "purpose": "What for, in one word that the log keeps.",
    "size": "Size of a checkpoint; the newest one without it.",
    "skill": "Only of this skill.",
    "state": "Only in this state.",
    "task": "Id of the task.",
    "tenant": "Only of this organization (slug).",
    "work": "Which work on the task.",
}
#: A path's variable that is no more than text, as Django's converters read it.
SLUG: Final[Schema] = {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}
LARGEST: Final = 2**31 - 1


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "core.web.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> Schema:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": (
                "A token of one person for one organization: made on the account's page, by "
                "`custos login`, or by POST /api/v1/auth/token. It can do no more than its person "
                "may, nor more than the permissions that it was made with. Dangerous acts want one "
                "that was made with `sudo`."
            ),
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "rest_framework.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> Schema:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": (
                "The portal's own pages. Changes carry the cookie `csrftoken` once more in the "
                "header X-CSRFToken; dangerous acts want a proof of the last 15 minutes."
            ),
        }


class PortalSchema(AutoSchema):
    """Reads `described` where drf-spectacular would guess."""

    @property
    def described(self) -> Operation:
        method = getattr(self.view, self.method.lower())
        found: Operation = method.operation
        return found

    def is_excluded(self) -> bool:
        """Leave out what is not described; a test says which that may be."""
        return not hasattr(getattr(self.view, self.method.lower()), "operation")

    def get_operation_id(self) -> str:
        return self.described.id

    def get_summary(self) -> str:
        return self.described.id.replace("_", " ").capitalize()

    def get_description(self) -> str:  # type: ignore[override]
        """Give the method's or the view's docstring, what is said besides, and who may."""
        method = getattr(self.view, self.method.lower())
        # get_doc would give what a view has from its base.
        about = get_doc(method) or " ".join((vars(type(self.view)).get("__doc__") or "").split())
        may = self._permission()
        needs = f"Needs the permission `{may}`." if may else ""
        return "\n\n".join(part for part in (about, self.described.text, needs) if part)

    def _permission(self) -> str | None:
        may = getattr(self.view, "permissions", {}).get(self.method)
        return str(may.value) if may else None

    def get_extensions(self) -> Schema:
        may = self._permission()
        return {"x-permission": may} if may else {}

    def get_tags(self) -> list[str]:
        """Name the room: what is described, or the package that the view lives in."""
        room = self.described.room or type(self.view).__module__.split(".")[1]
        return ["account" if room == "web" else room]

    def get_override_parameters(self) -> list[Any]:
        paged = [PageQuery] if self.described.page is not None else []
        return [*self.described.query, *paged]

    def _resolve_path_parameters(self, variables: list[str]) -> list[Schema]:
        found: list[Schema] = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        for parameter in found:
            name = parameter["name"]
            parameter["description"] = VARIABLES.get(name, f"Id of the {name.replace('_', ' ')}.")
            if parameter["schema"].get("type") == "integer":
                parameter["schema"] |= {"minimum": 0, "maximum": LARGEST}
            if name == "tenant":
                parameter["schema"] = dict(SLUG)
        return found

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Say no: what is a list is described as a page."""
        return False

    def get_request_serializer(self) -> Any:
        return self.described.body

    def _get_request_body(self, direction: str = "request") -> Any:
        """As drf-spectacular, and DELETE may have one here; without `body` there is none."""
        body = self.described.body
        if body is None:
            return None
        if isinstance(body, dict):
            content = {media: {"schema": portable(schema)} for media, schema in body.items()}
            return {"content": content, "required": True}
        component = self.resolve_serializer(body(), "request")
        wanted = bool(component.schema.get("required"))
        if self.method == "PATCH":
            wanted = False
        return {"content": {"application/json": {"schema": component.ref}}, "required": wanted}

    def get_response_serializers(self) -> Any:
        said = self.described
        answer = self._page() if said.page is not None else self._body_schema(said.answer)
        found: dict[Any, Any] = {(said.status, said.media): answer}
        if answer is None:
            found = {said.status: None}
        return found

    def _body_schema(self, kind: Any) -> Schema | None:
        if kind is None:
            return None
        if isinstance(kind, dict):
            return kind
        if isinstance(kind, type) and issubclass(kind, Serializer):
            ref: Schema = self.resolve_serializer(kind(), "response").ref
            return ref
        return schema_of(kind, self._refer)

    def _refer(self, kind: type) -> Schema:
        """Register a typed dictionary as a component, once."""
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=kind.__name__, type=ResolvedComponent.SCHEMA, object=kind
        )
        if component not in self.registry:
            self.registry.register(component)
            component.schema = object_schema(kind, self._refer)
        known = self.registry[component]
        if known.object is not kind:
            raise TypeError(f"Two answers are called {kind.__name__}: rename one.")
        ref: Schema = component.ref
        return ref

    def _page(self) -> Schema:
        said = self.described
        page: Schema = {
            "type": "object",
            "properties": {
                "results": {"type": "array", "items": self._body_schema(said.page)},
                "next": {
                    "type": ["string", "null"],
                    "description": "`cursor` of the next page; null on the last.",
                },
            },
            "required": ["next", "results"],
        }
        if said.beside is not None:
            return {"allOf": [page, self._body_schema(said.beside)]}
        return page

    def get_operation(self, *args: Any, **kwargs: Any) -> Schema | None:
        operation: Schema | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        said = self.described
        operation.setdefault("summary", self.get_summary())
        for part in operation.get("parameters", []):
            part.setdefault("description", ASKED.get(part["name"], ""))
        success = operation["responses"][str(said.status)]
        success["description"] = success["description"] or "As asked."
        success.setdefault("headers", {}).update(self._headers(said))
        for status, text in said.also.items():
            operation["responses"][str(status)] = {"description": text}
        changes = self.method in {"POST", "PUT", "PATCH", "DELETE"}
        known = not any(isinstance(one, AllowAny) for one in self.view.get_permissions())
        operation["responses"] |= problems_of(
            asks=bool(operation.get("parameters") or operation.get("requestBody")),
            named="{" in self.path or self.path.startswith("/api/v1/operator"),
            changes=changes,
            known=known,
            has_body="requestBody" in operation,
            already=set(operation["responses"]),
        )
        self._conditions(operation)
        if said.example is not None:
            operation["x-example"] = said.example
        return operation

    def _conditions(self, operation: Schema) -> None:
        """Tell of keys, tags and what comes of them, where they are offered."""
        said = self.described
        offered: list[str] = []
        media = {"application/json", "text/csv"}
        whole = set(operation.get("requestBody", {}).get("content", {})) <= media
        in_scope = getattr(self.view, "in_scope", False)
        if self.method == "POST" and in_scope and whole and not said.secret:
            offered.append("Idempotency-Key")
            operation["responses"]["422"] = {"$ref": "#/components/responses/Problem422"}
        if self.method in {"PUT", "PATCH", "DELETE"} and in_scope and hasattr(self.view, "get"):
            offered.append("If-Match")
            operation["responses"]["412"] = {"$ref": "#/components/responses/Problem412"}
        if self.method == "GET" and said.media == "application/json":
            offered.append("If-None-Match")
            operation["responses"]["304"] = {"description": "It is still as you have it."}
            operation["responses"]["200"]["headers"]["ETag"] = {"$ref": "#/components/headers/ETag"}
        if offered:
            refs = [{"$ref": f"#/components/parameters/{name}"} for name in offered]
            operation["parameters"] = [*operation.get("parameters", []), *refs]

    def _headers(self, said: Operation) -> Schema:
        names = ["X-Request-Id"]
        if isinstance(self.view, LimitedView):
            names += ["RateLimit", "RateLimit-Policy"]
        found: Schema = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
        if said.page is not None:
            found["Link"] = {"$ref": "#/components/headers/Link"}
        return found


def portable(schema: Any) -> Any:
    """Write Python's end of text in patterns as other languages do, and drop the dialect's name."""
    if isinstance(schema, list):
        return [portable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: portable(value) for key, value in schema.items() if key != "$schema"}
    if isinstance(found.get("pattern"), str):
        found["pattern"] = found["pattern"].replace("\\Z", "$").replace("\\x00", "\\u0000")
    return found


def finish(result: Schema, **_: Any) -> Schema:
    """Add what all operations share, and an example of each body and answer."""
    components = result["components"]
    for kind, parts in COMPONENTS.items():
        components.setdefault(kind, {}).update(parts)
    add_examples(result)
    paths = result["paths"].values()
    used = {tag for path in paths for one in operations_of(path) for tag in one["tags"]}
    result["tags"] = [{"name": n, "description": d} for n, d in TAGS.items() if n in used]
    for path in result["paths"].values():
        for operation in operations_of(path):
            operation.pop("x-example", None)
    return result


@lru_cache(maxsize=1)
def portal_schema() -> Schema:
    """Give the document; the code decides it, so a process makes it once."""
    document: Schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return document
