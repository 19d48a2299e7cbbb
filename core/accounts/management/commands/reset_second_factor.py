"""For somebody who lost every passkey, the phone and the recovery codes."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.access.actors import Actor
from core.accounts.models import ApiToken, Person
from core.accounts.sessions import end_sessions
from core.audit.log import record
from core.clock import now
from core.tenancy.provider import provider
from core.tenancy.scope import scope


class Command(BaseCommand):
    help = (
        "Takes all passkeys, the authenticator app and the recovery codes from an account, signs "
        "it out everywhere and revokes its API tokens. At the next sign-in by password it sets up "
        "new ones. Check first, by another way than mail, that it is the person who asks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        person = Person.objects.filter(email=email.lower()).first()
        if person is None:
            raise CommandError(f"There is no account {email}.")
        owner, actor = provider(), Actor.system("reset_second_factor")
        with scope(owner.id):
            taken, _ = Authenticator.objects.filter(user=person).delete()
            live = ApiToken.objects.filter(user=person, revoked_at__isnull=True)
            tokens = live.update(revoked_at=now())
            record(
                action="factor.taken",
                actor=actor,
                tenant=owner.id,
                subject=("person", person.id),
                details={"factors": taken, "tokens": tokens},
            )
        sessions = end_sessions(person=person, actor=actor, keep=None)
        self.stdout.write(f"{email}: {taken} factors, {sessions} sessions, {tokens} tokens ended.")
