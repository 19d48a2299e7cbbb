"""Holds every answer of the API that a test's client gets against the API's document."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.urls import Resolver404
from jsonschema_rs import Draft202012Validator

METHODS = {"get", "post", "put", "patch", "delete"}
API = "/api/v1/"


@cache
def document() -> dict:
    """The document, as a program would read it."""
    from core.web.reference import written

    return json.loads(written()[0])


@cache
def path_of(route: str) -> str:
    """Write a route of the URL conf as the document does."""
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)


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


def _named(schema: Any) -> Iterator[str]:
    """Name the components that a schema refers to, at any depth of it."""
    if isinstance(schema, list):
        for one in schema:
            yield from _named(one)
    elif isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].rsplit("/", 1)[1]
        for one in schema.values():
            yield from _named(one)


def whole(schema: dict) -> dict:
    """Give a schema with the components that it needs, and no others: those need compiling."""
    schemas = document()["components"]["schemas"]
    needed: dict[str, dict] = {}
    todo = list(_named(schema))
    while todo:
        name = todo.pop()
        if name not in needed:
            needed[name] = schemas[name]
            todo += _named(schemas[name])
    return {"components": {"schemas": needed}, **schema}


@cache
def _validator(path: str, method: str, status: str, media: str) -> Draft202012Validator:
    schema = answer_of(path, method, status)["content"][media]["schema"]
    return Draft202012Validator(whole(schema), validate_formats=True)


def hold_against_document(answer) -> None:
    """Fail unless status, media type and body are what the document tells of the operation."""
    method = answer.wsgi_request.method.lower()
    if not answer.wsgi_request.path.startswith(API) or method not in METHODS:
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
        body = json.loads(answer.content)
        if not validator.is_valid(body):
            wrong = [f"{e.instance_path}: {e.message[:300]}" for e in validator.iter_errors(body)]
            pytest.fail(f"{method} {path} {answer.status_code} is not as described: {wrong}")


@pytest.fixture(scope="session", autouse=True)
def answers_are_as_documented() -> Iterator[None]:
    """Every client of Django's and DRF's, for the whole run."""
    from django.test import Client

    plain = Client.request

    def request(client: Any, **given: Any) -> Any:
        answer = plain(client, **given)
        hold_against_document(answer)
        return answer

    Client.request = request  # type: ignore[method-assign]
    yield
    Client.request = plain  # type: ignore[method-assign]
