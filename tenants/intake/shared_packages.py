"""Release packages that hold a clip together with others: an erasure takes them whole.

A package is one signed, encrypted object, so the pictures of one clip can't be taken out of it. It
is not built again of the rest by itself either: that would be another release, to be looked at,
accepted and charged anew, which is the client's to order. What goes along is said before the act,
and in the certificate.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from core.storage.erasure import ancestors, family
from tenants.intake.models import Clip

#: Gives the names of those packages, of the open scope, that it knows.
Namer = Callable[[Iterable[UUID]], dict[UUID, str]]
_namers: list[Namer] = []


def names_packages(namer: Namer) -> Namer:
    """Register the room above that builds packages."""
    _namers.append(namer)
    return namer


@dataclass(frozen=True, slots=True)
class SharedPackage:
    """A package that is not erased yet, and the clips in it beside the one that is asked about."""

    object_id: UUID
    name: str
    others: list[Clip]


def shared_packages(clip: Clip) -> list[SharedPackage]:
    """Find the packages that hold this clip and others, oldest first, in the open scope."""
    rows = [row for row in family(clip.source_id) if row.kind == "release" and not row.erased_at]
    ids = [row.id for row in sorted(rows, key=lambda row: row.created_at)]
    names = {package: name for namer in _namers for package, name in namer(ids).items()}
    shared = [SharedPackage(i, names.get(i, str(i)), _others(clip, i)) for i in ids]
    return [package for package in shared if package.others]


def _others(clip: Clip, package: UUID) -> list[Clip]:
    sources = Clip.objects.filter(source_id__in=ancestors(package)).exclude(id=clip.id)
    return list(sources.exclude(state=Clip.State.ERASED).order_by("created_at", "id"))
