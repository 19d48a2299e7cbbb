"""Members are found by name and address, where one may see who they are."""

from django.db.models import Q

from core.access.door import Entry
from core.access.models import Membership
from core.access.permissions import Permission, Role
from core.access.sentences import TITLES
from core.search.registry import Asked, Finder, Hit, finder


def _members(entry: Entry, asked: Asked, most: int) -> list[Hit]:
    """Members of the organization that was entered: memberships are nobody's rows, so LIKE may be
    used; they are few in any one organization.
    """
    rows = Membership.objects.filter(organization=entry.organization).select_related("user")
    for word in asked.words:
        named = Q(user__name__istartswith=word) | Q(user__name__icontains=f" {word}")
        rows = rows.filter(named | Q(user__email__istartswith=word))
    found = rows.order_by("user__name", "user__email")[:most]
    return [Hit(m.user.get_full_name(), "members", TITLES[Role(m.role)]) for m in found]


finder(Finder("Members", "contact", Permission.MEMBER_LIST, _members))
