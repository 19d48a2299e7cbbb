"""What an answer of the API looks like: typed dictionaries, turned into JSON Schema (2020-12).

The functions that write answers return these types, so mypy holds what is written against what is
documented; tests hold what is sent against it again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)
from uuid import UUID

Schema = dict[str, Any]
#: Gives a reference to the component of a typed dictionary.
Refer = Callable[[type], Schema]


@dataclass(frozen=True, eq=False)
class Shape:
    """Says more of a value than its Python type does: keywords of JSON Schema."""

    keywords: Mapping[str, Any]


Id = Annotated[str, Shape({"format": "uuid"})]
Slug = Annotated[str, Shape({"pattern": "^[-a-zA-Z0-9_]+$"})]
Sha256 = Annotated[str, Shape({"pattern": "^[0-9a-f]{64}$"})]
Base64 = Annotated[str, Shape({"contentEncoding": "base64"})]
#: Money and quantities are text, so that no reader rounds them.
Decimals = Annotated[str, Shape({"pattern": r"^-?\d+(\.\d+)?$"})]
#: A JSON object whose form is told elsewhere.
Document = dict[str, Any]

_PLAIN: Final[dict[Any, Schema]] = {
    Any: {},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    NoneType: {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    UUID: {"type": "string", "format": "uuid"},
    dict: {"type": "object"},
    bytes: {"type": "string", "format": "binary"},
}


def schema_of(kind: Any, refer: Refer) -> Schema:
    """Give the JSON Schema of a type. Raises TypeError for one that JSON has no form for."""
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    if is_typeddict(kind):
        return refer(kind)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        schema = schema_of(inner[0], refer)
        for shape in inner[1:]:
            schema |= dict(shape.keywords)
        return schema
    if origin is NotRequired:
        return schema_of(inner[0], refer)
    if origin is Literal:
        return {"type": "string", "enum": list(inner)}
    if origin in {Union, UnionType, list, dict}:
        return _of_parts(origin, [schema_of(one, refer) for one in inner])
    raise TypeError(f"No JSON Schema is known for {kind!r}.")


def _of_parts(origin: Any, parts: list[Schema]) -> Schema:
    if origin is list:
        return {"type": "array", "items": parts[0]}
    if origin is dict:
        return {"type": "object", "additionalProperties": parts[1]}
    return _any_of(parts)


def _any_of(schemas: list[Schema]) -> Schema:
    """Write `T | None` as a list of types where T is a plain one, else as anyOf."""
    null = {"type": "null"}
    rest = [schema for schema in schemas if schema != null]
    if len(rest) == 1 and null in schemas and isinstance(rest[0].get("type"), str):
        found = {**rest[0], "type": [rest[0]["type"], "null"]}
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
        return found
    return {"anyOf": schemas}


def object_schema(kind: type, refer: Refer) -> Schema:
    """Give the schema of a typed dictionary, its own docstring as description."""
    hints = get_type_hints(kind, include_extras=True)
    # Where annotations are text, Python itself takes a NotRequired key for a required one.
    required = [
        name
        for name in kind.__required_keys__  # type: ignore[attr-defined]
        if get_origin(hints[name]) is not NotRequired
    ]
    schema: Schema = {
        "type": "object",
        "properties": {name: schema_of(hint, refer) for name, hint in hints.items()},
        "required": sorted(required),
    }
    if kind.__doc__ and not kind.__doc__.startswith("dict("):
        schema["description"] = " ".join(kind.__doc__.split())
    return schema
