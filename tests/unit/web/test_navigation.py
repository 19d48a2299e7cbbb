"""The rail: on narrow windows and beside dense work it is pictures alone."""

import pytest

from core.access.permissions import ROLE_PERMISSIONS, ROLES_OF_KIND, Role
from core.web.navigation import ITEMS, OPERATOR_ITEMS

KINDS = [(kind, role) for kind, roles in ROLES_OF_KIND.items() for role in sorted(roles)]


@pytest.mark.parametrize(("kind", "role"), KINDS)
def test_no_two_places_of_a_rail_look_alike(kind: str, role: Role) -> None:
    held = ROLE_PERMISSIONS[role]
    shown = [item for item in ITEMS if kind in item.kinds and item.permission in held]
    pictures = [item.icon for item in shown]
    assert len(set(pictures)) == len(pictures), sorted(pictures)


def test_neither_do_those_of_the_operator() -> None:
    pictures = [picture for *_, picture in OPERATOR_ITEMS]
    assert len(set(pictures)) == len(pictures)
