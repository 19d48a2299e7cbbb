"""Who does something: a person, or a part of the system."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts. `name` is personal (an e-mail address): never write it to a log as is."""

    kind: Literal["person", "system"]
    id: UUID | None
    name: str

    @classmethod
    def person(cls, user: Any) -> "Actor":
        """Give the actor of a signed-in account."""
        return cls(kind="person", id=user.pk, name=user.email)

    @classmethod
    def system(cls, part: str) -> "Actor":
        """Give the actor of a part of the program, such as `sequencer`."""
        return cls(kind="system", id=None, name=part)
