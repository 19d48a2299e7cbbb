"""Making and ending API tokens, with their entries in the provider's log."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from core.access.actors import Actor
from core.access.door import organizations_of
from core.accounts.models import ApiToken, Person
from core.accounts.tokens import issue_token, revoke_token
from core.audit.log import record
from core.errors import NotFound
from core.tenancy.provider import provider
from core.tenancy.scope import scope


def issue(
    *,
    user: Person,
    slug: str,
    name: str,
    days: int,
    permissions: Iterable[str] | None,
    sudo: bool,
    second_factor: bool,
) -> tuple[ApiToken, str]:
    """Make a token for the organization called `slug`; give it with its secret. Raises NotFound.

    Raises as `issue_token` besides.
    """
    membership = next((m for m in organizations_of(user) if m.organization.slug == slug), None)
    if membership is None:
        raise NotFound
    owner = provider()
    with scope(owner.id):
        token, secret = issue_token(
            user=user,
            organization=membership.organization,
            name=name,
            lifetime=timedelta(days=days),
            permissions=permissions,
            sudo=sudo,
            second_factor=second_factor,
        )
        record(
            action="token.issued",
            actor=Actor.person(user),
            tenant=owner.id,
            subject=("api_token", token.id),
            details={
                "organization": str(token.organization_id),
                "days": days,
                "permissions": token.permissions,
                "sudo": sudo,
            },
        )
    return token, secret


def revoke(*, user: Person, token_id: UUID) -> None:
    """End one of the person's own tokens. Raises NotFound."""
    owner = provider()
    with scope(owner.id):
        token = revoke_token(user=user, token_id=token_id)
        record(
            action="token.revoked",
            actor=Actor.person(user),
            tenant=owner.id,
            subject=("api_token", token.id),
        )
