"""The upload routes in the API's document: Django does not serve them, so nothing finds them."""

from typing import Any, Final

from core.web.answers import Schema
from core.web.schema_parts import problems_of

PATH: Final = "/api/v1/t/{tenant}/uploads"
ABOUT: Final = (
    "Resumable uploads after tus 1.0 (tus.io), with the extensions creation, termination and "
    "checksum. `custos upload` and tus-js-client speak it.\n\nNeeds the permission `upload.create`."
)
TENANT: Final[Schema] = {
    "name": "tenant",
    "in": "path",
    "required": True,
    "description": "Slug of the organization.",
    "schema": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
}
UPLOAD: Final[Schema] = {
    "name": "upload",
    "in": "path",
    "required": True,
    "description": "Id of the upload.",
    "schema": {"type": "string", "format": "uuid"},
}


def _header(name: str, text: str, example: str, **schema: Any) -> Schema:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": text,
        "schema": {"type": "string", **schema},
        "example": example,
    }


VERSION: Final = _header("Tus-Resumable", "The version of tus.", "1.0.0", enum=["1.0.0"])
OFFSET: Final = _header("Upload-Offset", "Where the body goes on.", "0", pattern="^[0-9]+$")
LENGTH: Final = _header("Upload-Length", "Bytes of the file.", "1048576", pattern="^[0-9]+$")
METADATA: Final = _header(
    "Upload-Metadata",
    "Pairs of a key and a value in Base64: `filename` and `project` (id or slug), and where they "
    "are known `camera`, `batch`, `starts_at` and `sha256` of the file.",
    "filename Z2F0ZS5tcDQ=,project aGFyYm91ci1nYXRl",
)


def _answered(name: str, text: str) -> Schema:
    return {name: {"description": text, "schema": {"type": "string"}}}


PROGRESS: Final = _answered("Upload-Offset", "How many bytes are kept.")


def _operation(id: str, status: int, text: str, headers: Schema, asks: list[Schema]) -> Schema:  # noqa: A002
    success = {"description": text, "headers": headers}
    problems = problems_of(
        asks=True, named=True, changes=True, known=True, has_body=False, already=set()
    )
    return {
        "operationId": id,
        "summary": id.replace("_", " ").capitalize(),
        "description": ABOUT,
        "tags": ["intake"],
        "security": [{"token": []}, {"session": []}],
        "x-permission": "upload.create",
        "parameters": [TENANT, *asks, VERSION],
        "responses": {str(status): success, **problems},
    }


def add_uploads(result: Schema, **_: Any) -> Schema:
    """Add the operations of `tus`."""
    location = _answered("Location", "Where the upload goes on.")
    create = _operation(
        "create_upload", 201, "An upload was begun.", location | PROGRESS, [LENGTH, METADATA]
    )
    sent = _operation("send_bytes", 204, "The bytes are kept.", PROGRESS, [UPLOAD, OFFSET])
    sent["requestBody"] = {
        "required": True,
        "content": {"application/offset+octet-stream": {"schema": {"type": "string"}}},
    }
    result["paths"][PATH] = {"post": create}
    result["paths"][f"{PATH}/{{upload}}"] = {
        "head": _operation("get_upload", 200, "How far it is.", PROGRESS, [UPLOAD]),
        "patch": sent,
        "delete": _operation("cancel_upload", 204, "Its bytes are gone.", {}, [UPLOAD]),
    }
    return result
