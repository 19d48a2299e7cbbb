"""`@described(...)` above a method of a view: what the API's document says of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rest_framework.serializers import BaseSerializer

Method = TypeVar("Method", bound=Callable[..., Any])
#: A serializer, a typed dictionary, or by media type what the body is.
Body = type | Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """One method of one route.

    body: serializer class of what is sent, or by media type a schema. answer: typed dictionary or
    serializer class of what comes back, or None for no content. page: the same for each row of a
    list. media: media type of the answer, where it is not JSON. query: serializer classes whose
    fields are parameters. examples: of the body, by name.
    """

    id: str
    body: Any = None
    answer: Any = None
    page: Any = None
    #: Typed dictionary of what a page says besides its rows.
    beside: Any = None
    media: str = "application/json"
    status: int = 200
    also: Mapping[int, str] = field(default_factory=dict)
    query: tuple[type[BaseSerializer[Any]], ...] = ()
    text: str = ""
    example: Any = None
    #: Whether the answer holds a secret that is shown once: it is kept for nobody to ask for again.
    secret: bool = False
    #: The room that the thing is of, where the view lives in another one.
    room: str = ""


def described(id: str, **said: Any) -> Callable[[Method], Method]:  # noqa: A002 (OpenAPI's word)
    """Document a method of a view. `id` is the operation's name in clients that are generated."""
    operation = Operation(id, **said)

    def mark(method: Method) -> Method:
        method.operation = operation  # type: ignore[attr-defined]
        return method

    return mark
