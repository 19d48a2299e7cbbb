"""Names of identities that stay from one release to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from workforce.links.identities import Ref

_SPACE = UUID("6f0c7b4e-5a0e-5d56-9d0f-8f4f6a1f2c3d")


def named(
    parts: Sequence[Sequence[Ref]], before: Mapping[UUID, Sequence[Ref]]
) -> dict[UUID, tuple[Ref, ...]]:
    """Give each part the name of the earlier identity that it has most tracks in common with.

    A name goes to one part only; where two have as much of it in common, the one that sorts first
    has it. What is new gets a name that follows from its tracks, so that a second run gives the
    same names.
    """
    owner = {ref: name for name, refs in before.items() for ref in refs}
    common: dict[tuple[UUID, int], int] = {}
    ordered = [tuple(sorted(part)) for part in sorted(tuple(sorted(part)) for part in parts)]
    for position, part in enumerate(ordered):
        for ref in part:
            if ref in owner:
                key = owner[ref], position
                common[key] = common.get(key, 0) + 1
    taken: dict[int, UUID] = {}
    for name, position in sorted(common, key=lambda key: (-common[key], key[1], key[0])):
        if position not in taken and name not in taken.values():
            taken[position] = name
    return {
        taken.get(position) or _new_name(part, before): part
        for position, part in enumerate(ordered)
    }


def _new_name(part: tuple[Ref, ...], before: Mapping[UUID, object]) -> UUID:
    name = uuid5(_SPACE, " ".join(f"{clip}/{track}" for clip, track in part))
    while name in before:
        name = uuid5(_SPACE, str(name))
    return name
