"""Help for everybody: what each role may do, made from the list that the door itself reads."""

from typing import Any

from core.access.door import organizations_of
from core.access.permissions import Role
from core.access.sentences import ABOUT, TITLES, parts_of
from core.tenancy.names import name_of
from core.web.account_pages import AccountPage

KINDS = {
    "Clients": (Role.CLIENT_ADMIN, Role.CLIENT_UPLOADER, Role.CLIENT_VIEWER),
    "Vendors": (Role.VENDOR_MANAGER, Role.REVIEWER, Role.ANNOTATOR),
    "The provider": (Role.AUDITOR, Role.OPERATOR),
}


class Roles(AccountPage):
    """What each role may do, and which of them the reader holds."""

    template_name = "help/roles.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held: dict[Role, list[str]] = {}
        for membership in organizations_of(self.person):
            held.setdefault(Role(membership.role), []).append(name_of(membership.organization))
        groups = [
            (
                kind,
                [
                    {
                        "role": role.value,
                        "title": TITLES[role],
                        "about": ABOUT[role],
                        "parts": parts_of(role),
                        "places": held.get(role, []),
                    }
                    for role in roles
                ],
            )
            for kind, roles in KINDS.items()
        ]
        # One's own first.
        groups.sort(key=lambda group: not any(one["places"] for one in group[1]))
        mine = [(TITLES[role], places) for role, places in held.items()]
        return super().get_context_data(groups=groups, mine=mine, **kwargs)
