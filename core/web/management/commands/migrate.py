"""Django's `migrate`, which builds the models between two steps sparingly."""

from typing import Any

from django.core.management.commands import migrate

from core.tenancy.light_migrations import light_states


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """As Django's."""
        with light_states():
            super().handle(*args, **options)
