"""The named cast: two clients, one vendor, the provider, and who works where.

Harbour (client): Clara admin, Umar uploader, Vera viewer.   Museum (client): Mila admin.
Northlight (vendor, engaged by Harbour only): Nora manager, Anna and Amir annotators, Rita reviewer.
Provider: Olga operator, Arthur auditor (granted on Harbour).   Sam has an account and no work.
"""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from fido2.utils import websafe_encode

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
    people = {name: Person(email=f"{name}@example.org", name=name.capitalize()) for name in work}
    for person in people.values():
        person.set_unusable_password()
    # In two statements: most tests begin with the cast.
    Person.objects.bulk_create(people.values())
    Membership.objects.bulk_create(
        Membership(user=people[name], organization=orgs[place[0]], role=place[1].value)
        for name, place in work.items()
        if place
    )
    for name in ("olga", "arthur"):
        give_passkey(people[name])
    Engagement.objects.create(client=orgs["harbour"], vendor=orgs["northlight"])
    AuditorGrant.objects.create(
        user=people["arthur"],
        organization=orgs["harbour"],
        purpose="yearly-review",
        expires_at=now() + timedelta(days=30),
    )
    return Cast(**orgs, **people)


def give_passkey(person):
    """Register a passkey in software; gives it, for tests that sign in by it."""
    from allauth.mfa.models import Authenticator

    from core.demo.passkey import SoftPasskey

    passkey = SoftPasskey("http://localhost")
    user = websafe_encode(str(person.pk).encode())
    asked = {"rp": {"id": "localhost"}, "user": {"id": user}, "challenge": "AAAA"}
    credential = passkey.create({"publicKey": asked})
    data = {"name": "Test key", "credential": credential}
    Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data=data)
    return passkey


def sign_in(client, person, *, proven_at=None) -> None:
    """Sign in without the form, as if it was done just now, by passkey where there is one.

    proven_at: the instant of the proof instead of now, for what an old session may not do.
    """
    from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
    from allauth.mfa.models import Authenticator
    from allauth.usersessions.models import UserSession
    from django.core.cache import cache

    from core.clock import now

    at = (proven_at or now()).timestamp()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    proofs = [{"method": "password", "at": at, "email": person.email}]
    key = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN).first()
    if key is not None:
        proofs.append({"method": "mfa", "at": at, "id": key.pk, "type": key.type})
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = proofs
    session.save()
    UserSession.objects.get_or_create(
        session_key=session.session_key, defaults={"user": person, "ip": "127.0.0.1"}
    )
    # As after a first request: noting the last use is one query a minute, which counts would see.
    cache.add(f"seen:{session.session_key}", 1, 60)


def call(organization, name: str) -> None:
    """Give an organization a name; without one it is called by its slug."""
    from django.core.cache import cache

    from core.access.actors import Actor
    from tenants.organizations.profiles import change_profile

    change_profile(
        actor=Actor.system("test"), tenant=organization.id, name=name, address="", tax_number="",
        time_zone="UTC",
    )  # fmt: skip
    cache.delete(f"organization-name:{organization.id}")


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
            sign_in(made, person)
        return made

    return client
