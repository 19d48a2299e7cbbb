"""The provider's own organization: owner of what belongs to no tenant."""

from django.db import transaction

from core.tenancy.models import Organization


def provider() -> Organization:
    """Give the provider's organization, made at first use."""
    with transaction.atomic():
        organization, _ = Organization.objects.get_or_create(
            slug="provider", defaults={"kind": Organization.Kind.PROVIDER}
        )
    return organization
