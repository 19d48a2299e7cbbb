"""A client that holds every answer of the API against the API's document."""

import json
import re
from functools import cache

from django.urls import Resolver404
from jsonschema import Draft202012Validator, FormatChecker
from rest_framework.test import APIClient

METHODS = {"get", "post", "put", "patch", "delete"}


@cache
def document() -> dict:
    """The document, as a program would read it."""
    from core.web.reference import written

    return json.loads(written()[0])


def path_of(route: str) -> str:
    """Write a route of the URL conf as the document does."""
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)


@cache
def _validator(path: str, method: str, status: str, media: str) -> Draft202012Validator:
    answer = answer_of(path, method, status)
    schema = answer["content"][media]["schema"]
    root = {"components": document()["components"], **schema}
    return Draft202012Validator(root, format_checker=FormatChecker())


def answer_of(path: str, method: str, status: str) -> dict:
    """Give what the document says of an answer, its references followed."""
    operation = document()["paths"][path][method]
    assert status in operation["responses"] or int(status) >= 400, (
        f"{method} {path} answers {status}, which its description does not tell of"
    )
    found = operation["responses"].get(status) or operation["responses"]["default"]
    if "$ref" in found:
        return document()["components"]["responses"][found["$ref"].rsplit("/", 1)[1]]
    return found


def hold_against_document(answer) -> None:
    """Fail unless status, media type and body are what the document tells of the operation."""
    method = answer.wsgi_request.method.lower()
    if not answer.wsgi_request.path.startswith("/api/v1/") or method not in METHODS:
        return
    try:
        path = path_of(answer.resolver_match.route)
    except Resolver404:
        return
    if method not in document()["paths"].get(path, {}) or answer.status_code == 405:
        return
    told = answer_of(path, method, str(answer.status_code))
    if answer.status_code in {204, 304} or "content" not in told:
        return
    media = answer.headers["Content-Type"].partition(";")[0]
    assert media in told["content"], f"{method} {path} sends {media}, not {list(told['content'])}"
    if media.endswith("json") and not answer.streaming:
        validator = _validator(path, method, str(answer.status_code), media)
        wrong = [f"{e.json_path}: {e.message[:300]}" for e in validator.iter_errors(answer.json())]
        assert wrong == [], f"{method} {path} {answer.status_code} is not as described"


class DocumentedClient(APIClient):
    """Sends as DRF's client does; an answer that is not as described fails the test."""

    def request(self, **request):
        answer = super().request(**request)
        hold_against_document(answer)
        return answer
