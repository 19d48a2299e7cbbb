"""The one door for "may X do Y to Z".

`enter` answers for an organization's scope; `may` for the objects in it. What a person may not
enter does not exist for them: NotFound, never PermissionDenied, and in the same number of queries
as for an organization that is not there.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from core.access.models import AuditorGrant, Engagement, Membership
from core.access.permissions import (
    AUDITED_PERMISSIONS,
    ENGAGED_PERMISSIONS,
    LEADING_ROLES,
    OPERATOR_ON_TENANTS,
    ROLE_PERMISSIONS,
    WHILE_SUSPENDED,
    Permission,
    Role,
)
from core.clock import now
from core.errors import NotFound, OrganizationRests, PermissionDenied
from core.tenancy.asking import ask_as_person
from core.tenancy.models import Organization
from core.tenancy.names import name_of
from core.tenancy.prepared import Asking, Prepared, ask_together


@dataclass(frozen=True, slots=True)
class Entry:
    """A person inside an organization's scope, with what they may do there."""

    organization: Organization
    roles: frozenset[Role]
    permissions: frozenset[Permission]
    #: The vendor whose engagement opened the scope; None for the organization's own people.
    vendor_id: UUID | None = None
    #: What to tell this person while the organization is suspended; empty when it is not.
    rests: str = ""

    def require(self, permission: Permission) -> None:
        """Raise PermissionDenied unless `permission` is held here; OrganizationRests says why not.

        OrganizationRests is the answer to whoever the suspension shuts out.
        """
        if permission not in self.permissions:
            self.require_active()
            raise PermissionDenied(
                f"Your role here does not include {permission.value}. "
                "An administrator of your organization can change roles."
            )

    def require_active(self) -> None:
        """Raise OrganizationRests while the organization is suspended for this person."""
        if self.rests:
            raise OrganizationRests(self.rests)

    def narrowed(self, permissions: Iterable[str] | None) -> "Entry":
        """Give the entry with no more than `permissions`; None leaves it as it is."""
        if permissions is None:
            return self
        return replace(self, permissions=self.permissions & frozenset(permissions))


_MEMBERSHIPS = Prepared(
    lambda user: Membership.objects.filter(user=user).select_related("organization"), user=UUID
)
_ORGANIZATION = Prepared(lambda slug: Organization.objects.filter(slug=slug)[:1], slug=str)


_GRANT = Prepared(
    lambda user, client, instant: AuditorGrant.objects.filter(
        user=user, organization=client, expires_at__gt=instant
    )[:1],
    user=UUID,
    client=UUID,
    instant=datetime,
)


def _engagements(slug: str, instant: datetime) -> QuerySet[Engagement]:
    open_now = Q(starts_at__lte=instant) & (Q(ends_at__isnull=True) | Q(ends_at__gt=instant))
    return Engagement.objects.filter(open_now, client__slug=slug).order_by("starts_at", "id")


_ENGAGEMENTS = Prepared(_engagements, slug=str, instant=datetime)


def _own(memberships: list[Membership], organization: Organization) -> Entry | None:
    roles = frozenset(Role(m.role) for m in memberships if m.organization_id == organization.id)
    if not roles:
        return None
    permissions = frozenset().union(*(ROLE_PERMISSIONS[r] for r in roles))
    return Entry(organization, roles, permissions)


def _engaged(
    memberships: list[Membership], organization: Organization, engaged: list[Engagement]
) -> Entry | None:
    by_vendor: dict[UUID, set[Role]] = {}
    for m in memberships:
        if Role(m.role) in ENGAGED_PERMISSIONS and m.organization.state == "active":
            by_vendor.setdefault(m.organization_id, set()).add(Role(m.role))
    vendor_id = next((e.vendor_id for e in engaged if e.vendor_id in by_vendor), None)
    if vendor_id is None:
        return None
    roles = frozenset(by_vendor[vendor_id])
    permissions = frozenset().union(*(ENGAGED_PERMISSIONS[r] for r in roles))
    return Entry(organization, roles, permissions, vendor_id=vendor_id)


def _provider(user: Any, memberships: list[Membership], organization: Organization) -> Entry | None:
    roles = {Role(m.role) for m in memberships}
    if Role.OPERATOR in roles:
        return Entry(organization, frozenset({Role.OPERATOR}), OPERATOR_ON_TENANTS)
    if Role.AUDITOR in roles and _GRANT(user=user.pk, client=organization.id, instant=now()):
        return Entry(organization, frozenset({Role.AUDITOR}), AUDITED_PERMISSIONS)
    return None


def _suspended(entry: Entry) -> Entry:
    """Give what is left of an entry while the organization is suspended. Its operators go on."""
    organization = entry.organization
    if organization.state != Organization.State.SUSPENDED or entry.roles & _PROVIDERS:
        return entry
    reason = Organization.Reason(organization.state_reason or Organization.Reason.REQUESTED)
    name = name_of(organization)
    ask = f"Ask {settings.SUPPORT_EMAIL} what it takes to go on."
    left: frozenset[Permission] = frozenset()
    if entry.vendor_id is not None:
        said = f"Work for {name} rests: it is suspended. What you saved is kept. {ask}"
    elif not entry.roles & LEADING_ROLES:
        said = (
            f"{name} is suspended. Footage and work are closed; nothing is lost. "
            "Your administrator sees why."
        )
    else:
        still = ""
        if reason != Organization.Reason.SECURITY:
            left = entry.permissions & WHILE_SUSPENDED
            still = f" Your {_OPEN_STILL[organization.kind]} stay open to you."
        said = (
            f"{name} is suspended: {reason.label}. Footage and work are closed, "
            f"nothing is lost and deadlines stand still.{still} {ask}"
        )
    return replace(entry, permissions=left, rests=said)


_PROVIDERS = frozenset({Role.AUDITOR, Role.OPERATOR})
#: What WHILE_SUSPENDED comes to, in words.
_OPEN_STILL: dict[str, str] = {
    Organization.Kind.CLIENT: "invoices, contracts, releases and access log",
    Organization.Kind.VENDOR: "statements and the list of your members",
}


@dataclass(frozen=True, slots=True)
class Doorway:
    """What the door reads of a person and of the organization called `slug`, for one request."""

    slug: str
    memberships: list[Membership]
    organizations: list[Organization]
    engagements: list[Engagement]


def asking_place(slug: str) -> tuple[Asking[list[Organization]], Asking[list[Engagement]]]:
    """Ask for the organization, and for who is engaged by it: the last two parts of a Doorway.

    Both are asked, whoever comes: for a slug that does not exist, timing tells nothing.
    """
    return _ORGANIZATION.asking(slug=slug), _ENGAGEMENTS.asking(slug=slug, instant=now())


def enter(user: Any, slug: str, seen: Doorway | None = None) -> Entry:
    """Let `user` into the scope of the organization called `slug`.

    Every scope that the request opens from here on is the person's own, also for the database.
    seen: what was read of this person and this slug already, in this request.
    Raises NotFound when there is no such organization or nothing there for this person.
    """
    if seen is None or seen.slug != slug:
        asked = _MEMBERSHIPS.asking(user=user.pk)
        seen = Doorway(slug, *ask_together(asked, *asking_place(slug)))
    memberships = seen.memberships
    organization = seen.organizations[0] if seen.organizations else None
    target = organization or Organization(slug=slug, kind="client")
    entry = (
        _own(memberships, target)
        or _provider(user, memberships, target)
        or _engaged(memberships, target, seen.engagements)
    )
    if organization is None or entry is None or organization.state == "closed":
        raise NotFound
    ask_as_person(user.pk)
    return _suspended(entry)


def reach_of(user: Any, organization: Organization) -> frozenset[Permission]:
    """Give all that a person's roles in one organization may ever allow, there or by way of it."""
    rows = Membership.objects.filter(user=user, organization=organization)
    reach: set[Permission] = set()
    for role in (Role(row.role) for row in rows):
        reach |= ROLE_PERMISSIONS[role] | ENGAGED_PERMISSIONS.get(role, frozenset())
    return frozenset(reach)


def organizations_of(user: Any) -> list[Membership]:
    """List a person's memberships, organizations included, for menus and homes."""
    rows = Membership.objects.filter(user=user).exclude(organization__state="closed")
    # Active ones first: a person's home is where they can work.
    order = ("organization__state", "organization__slug", "role")
    return list(rows.select_related("organization").order_by(*order))


FrameRule = Callable[[Entry, UUID, UUID, int, int], UUID | None]
_frame_rules: list[FrameRule] = []


def frame_rule(rule: FrameRule) -> FrameRule:
    """Register a rule that may open frames of a clip to somebody without CLIP_WATCH.

    `rule(entry, user_id, clip_id, first, last)` gives the id of the lease that opens the frames
    first..last (0-based, inclusive), or None. Rooms above register theirs when apps are ready.
    """
    _frame_rules.append(rule)
    return rule


def require_frames(
    entry: Entry, *, user_id: UUID, clip_id: UUID, first: int, last: int
) -> UUID | None:
    """Raise NotFound unless the frames first..last of the clip may be shown to this person.

    Gives the id of the lease that opened them, or None where CLIP_WATCH did.
    """
    if Permission.CLIP_WATCH in entry.permissions:
        return None
    if Permission.TASK_ANNOTATE not in entry.permissions:
        raise NotFound
    for rule in _frame_rules:
        lease = rule(entry, user_id, clip_id, first, last)
        if lease is not None:
            return lease
    raise NotFound
