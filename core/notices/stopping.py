"""The link in each e-mail that ends e-mails of its kind, without signing in (RFC 8058).

It is signed with the portal's key, names a person and a kind, and can do nothing but that.
"""

from dataclasses import dataclass
from uuid import UUID

from django.core import signing

from core.access.actors import Actor
from core.accounts.models import Person
from core.errors import NotFound
from core.notices.kinds import KINDS, Kind, Way
from core.notices.services import choices_of, choose

_SALT = "core.notices.stopping"
#: In the place of a kind: all that comes by the daily e-mail.
DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Stop:
    """What a link ends, and for whom. kind is None for the daily e-mail."""

    person: Person
    kind: Kind | None


def stop_link(person: UUID, kind: str) -> str:
    """Sign a link's token."""
    return signing.dumps([str(person), kind], salt=_SALT, compress=False)


def read_stop(token: str) -> Stop:
    """Read a token. Raises NotFound for one that we did not sign, or whose person has left."""
    try:
        key, kind = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound from error
    person = Person.objects.filter(id=key, is_active=True).first()
    if person is None or (kind != DIGEST and kind not in KINDS):
        raise NotFound
    return Stop(person, KINDS.get(kind))


def stop(found: Stop) -> None:
    """End the e-mails; what they told of stays in the portal."""
    chosen = choices_of(found.person)
    if found.kind is not None:
        ends = {found.kind.name: min(chosen[found.kind.name], Way.PORTAL)}
    else:
        ends = {name: Way.PORTAL for name, way in chosen.items() if way == Way.DIGEST}
    choose(
        actor=Actor.person(found.person),
        person=found.person,
        ways={name: way.value for name, way in ends.items()},
        hour=None,
    )
