import os
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.access.actors import Actor
from core.access.permissions import Role
from core.accounts.models import Person
from core.crypto.keys import open_keys
from core.tenancy.provider import provider
from core.tenancy.scope import scope
from tenants.organizations.memberships import add_membership


class Command(BaseCommand):
    help = (
        "Makes the first operator. The password is read from CUSTOS_OPERATOR_PASSWORD or from "
        "standard input, never from the command line."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, email: str, name: str, **options: Any) -> None:
        password = os.environ.get("CUSTOS_OPERATOR_PASSWORD") or sys.stdin.readline().strip()
        if Person.objects.filter(email=email.lower()).exists():
            raise CommandError(f"There is an account {email} already.")
        person = Person(email=email.lower(), name=name)
        try:
            validate_password(password, person)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        organization = provider()
        with scope(organization.id):
            person.set_password(password)
            person.save()
            open_keys(organization.id)
            add_membership(
                actor=Actor.system("create_operator"),
                user=person,
                organization=organization,
                role=Role.OPERATOR,
            )
        self.stdout.write(f"{email} is an operator now.")
