"""The named cast: two clients, one vendor, the provider, and who works where.

Harbour (client): Clara admin, Umar uploader, Vera viewer.   Museum (client): Mila admin.
Northlight (vendor, engaged by Harbour only): Nora manager, Anna and Amir annotators, Rita reviewer.
Provider: Olga operator, Arthur auditor (granted on Harbour).   Sam has an account and no work.
"""

from dataclasses import dataclass
from datetime import timedelta

import pytest

PASSWORD = "correct horse battery staple"


@dataclass
class Cast:
    harbour: object
    museum: object
    northlight: object
    provider: object
    olga: object
    arthur: object
    clara: object
    umar: object
    vera: object
    mila: object
    nora: object
    anna: object
    amir: object
    rita: object
    sam: object

    def everyone(self) -> dict[str, object]:
        """Give the people by name."""
        names = ["olga", "arthur", "clara", "umar", "vera", "mila", "nora", "anna", "amir"]
        return {name: getattr(self, name) for name in [*names, "rita", "sam"]}


def make_cast() -> Cast:
    """Write the cast's rows; works in a test transaction and in a committed database."""
    from core.access.models import AuditorGrant, Engagement, Membership
    from core.access.permissions import Role
    from core.accounts.models import Person
    from core.clock import now
    from core.tenancy.models import Organization
    from core.tenancy.provider import provider

    orgs = {
        "harbour": Organization.objects.create(slug="harbour", kind="client"),
        "museum": Organization.objects.create(slug="museum", kind="client"),
        "northlight": Organization.objects.create(slug="northlight", kind="vendor"),
        "provider": provider(),
    }
    work = {
        "olga": ("provider", Role.OPERATOR),
        "arthur": ("provider", Role.AUDITOR),
        "clara": ("harbour", Role.CLIENT_ADMIN),
        "umar": ("harbour", Role.CLIENT_UPLOADER),
        "vera": ("harbour", Role.CLIENT_VIEWER),
        "mila": ("museum", Role.CLIENT_ADMIN),
        "nora": ("northlight", Role.VENDOR_MANAGER),
        "anna": ("northlight", Role.ANNOTATOR),
        "amir": ("northlight", Role.ANNOTATOR),
        "rita": ("northlight", Role.REVIEWER),
        "sam": None,
    }
    people = {}
    for name, place in work.items():
        person = Person(email=f"{name}@example.org", name=name.capitalize())
        person.set_unusable_password()
        person.save()
        people[name] = person
        if place:
            Membership.objects.create(user=person, organization=orgs[place[0]], role=place[1].value)
    Engagement.objects.create(client=orgs["harbour"], vendor=orgs["northlight"])
    AuditorGrant.objects.create(
        user=people["arthur"],
        organization=orgs["harbour"],
        purpose="yearly-review",
        expires_at=now() + timedelta(days=30),
    )
    return Cast(**orgs, **people)


@pytest.fixture
def cast(db) -> Cast:
    """The cast in a transaction that is rolled back."""
    return make_cast()


@pytest.fixture
def committed_cast(committed_db) -> Cast:
    """The cast in a database of the test's own."""
    return make_cast()


@pytest.fixture
def api():
    """Make an API client signed in as somebody: `api(cast.clara).get(...)`."""
    from rest_framework.test import APIClient

    def client(person=None) -> APIClient:
        made = APIClient()
        if person is not None:
            made.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return made

    return client
