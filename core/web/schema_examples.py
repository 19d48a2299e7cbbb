"""Examples for the API's document, made of its own schemas: each fits, as a test holds."""

from typing import Any, Final

from core.web.answers import Schema

#: By name of the field. Where a field's schema does not admit the value, its type decides.
BY_NAME: Final[dict[str, Any]] = {
    "action": "clip.uploaded",
    "check_clearance": "privacy",
    "clearance": "privacy",
    "client": "harbour",
    "code": "conflict",
    "contact_email": "clara@harbour.example",
    "contact_name": "Clara Vane",
    "currency": "EUR",
    "ed25519": "jR5cK0nLrWyYqT0mC7n0b2a5c0h3o1pX9v1e8fK2d3E=",
    "email": "clara@harbour.example",
    "end_frame": 99,
    "filename": "gate-2026-03-01T080000Z.mp4",
    "frame": 120,
    "frame_count": 1500,
    "height": 720,
    "kind": "client",
    "language": "en",
    "level": 2,
    "limit": 100,
    "name": "Harbour gate",
    "note": "Camera moved by the wind.",
    "number": 1,
    "organization": "harbour",
    "pass_mark": 0.7,
    "password": "correct horse battery staple",
    "permissions": "clip.list",
    "purpose": "yearly-audit",
    "reason": "The van is not labelled from frame 120 on.",
    "reference": "2026-11/0042",
    "role": "client_admin",
    "skills": "boxes",
    "slug": "harbour-gate",
    "start_frame": 0,
    "state": "ready",
    "task_type": "boxes",
    "tenant": "harbour",
    "text": "No box on the van.",
    "time_zone": "Europe/Berlin",
    "token": 7,
    "url": "https://receiver.example/custos",
    "vendor": "northlight",
    "weight": 1.5,
    "width": 1280,
}
BY_FORMAT: Final = {
    "uuid": "3f2b8c1e-7d4a-4e0b-9a57-1c2d3e4f5a6b",
    "date-time": "2026-03-01T08:00:00Z",
    "date": "2026-03-01",
    "email": "clara@harbour.example",
    "binary": "",
    "uri": "https://portal.example/",
    "decimal": "12.5000",
    "double": 0.5,
}
BY_PATTERN: Final = {
    "^[-a-zA-Z0-9_]+$": "harbour",
    "^[0-9a-f]{64}$": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    r"^-?\d+(\.\d+)?$": "12.5000",
}


METHODS: Final = ("get", "put", "post", "delete", "head", "patch")


def operations_of(path: Schema) -> list[Schema]:
    """Give the operations of a path's item, without what they share."""
    return [path[method] for method in METHODS if method in path]


def add_examples(document: Schema) -> None:
    """Give each JSON body and answer of each operation an example that it does not have yet."""
    schemas = document["components"]["schemas"]
    for path in document["paths"].values():
        for operation in operations_of(path):
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for part in bodies:
                content = part.get("content", {}).get("application/json")
                if content and "example" not in content:
                    content["example"] = example_of(content["schema"], schemas)
            if "x-example" in operation:
                operation["requestBody"]["content"]["application/json"]["example"] = operation[
                    "x-example"
                ]


def example_of(schema: Schema, schemas: Schema, name: str = "", seen: tuple[str, ...] = ()) -> Any:
    """Make a value that `schema` admits. `name`: the field it is for; `seen`: components around."""
    if "$ref" in schema:
        key = schema["$ref"].rsplit("/", 1)[1]
        return None if key in seen else example_of(schemas[key], schemas, name, (*seen, key))
    # An empty default says what leaving it out means, and shows nothing.
    for keyword in ("example", "default", "const"):
        if schema.get(keyword) not in (None, ""):
            return schema[keyword]
    if "enum" in schema:
        return BY_NAME[name] if BY_NAME.get(name) in schema["enum"] else schema["enum"][0]
    if "allOf" in schema:
        return _merged(schema["allOf"], schemas, name, seen)
    either = schema.get("anyOf") or schema.get("oneOf")
    return (
        example_of(either[0], schemas, name, seen)
        if either
        else _of_type(schema, schemas, name, seen)
    )


def _merged(parts: list[Schema], schemas: Schema, name: str, seen: tuple[str, ...]) -> Any:
    made = [example_of(part, schemas, name, seen) for part in parts]
    if all(isinstance(one, dict) for one in made):
        return {key: value for one in made for key, value in one.items()}
    return made[0]


def _of_type(schema: Schema, schemas: Schema, name: str, seen: tuple[str, ...]) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        fields = schema.get("properties", {})
        return {key: example_of(value, schemas, key, seen) for key, value in fields.items()}
    if kind == "array":
        count = max(1, schema.get("minItems", 1))
        return [example_of(schema["items"], schemas, name, seen) for _ in range(count)]
    if kind in {"integer", "number"}:
        return _number(schema, kind, name)
    if kind == "string":
        return _text(schema, name)
    return True if kind == "boolean" else None if kind == "null" else {}


def _number(schema: Schema, kind: str, name: str) -> Any:
    value = BY_NAME.get(name)
    least, most = schema.get("minimum", 0), schema.get("maximum", 10**9)
    fits = int if kind == "integer" else (int, float)
    if isinstance(value, fits) and least <= value <= most:
        return value
    return least or (1 if kind == "integer" and most >= 1 else 0)


def _text(schema: Schema, name: str) -> str:
    if schema.get("format") in BY_FORMAT:
        return str(BY_FORMAT[schema["format"]])
    if schema.get("pattern") in BY_PATTERN:
        return BY_PATTERN[schema["pattern"]]
    value = BY_NAME.get(name)
    text = value if isinstance(value, str) else name.replace("_", " ") or "text"
    return text[: schema.get("maxLength", 1000)]
