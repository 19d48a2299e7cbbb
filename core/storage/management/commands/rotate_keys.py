"""What `custos keys rotate` runs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.access.actors import Actor
from core.errors import CustosError
from core.storage.models import KeyRotation
from core.storage.rotation import (
    key_states,
    move_on,
    move_secrets_to_active_root,
    move_to_active_root,
    open_rotation,
    rotate_key,
)
from core.tenancy.models import Organization

ACTOR = Actor.system("rotate_keys")


class Command(BaseCommand):
    help = (
        "Gives an organization a new key and moves all data keys under it, or, with --root, the "
        "keys of all organizations and the secrets of second steps under the active root key. "
        "Goes on where it was stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("organization", nargs="?", help="its slug")
        which.add_argument("--root", action="store_true")
        parser.add_argument("--batch", type=int, default=0, help="data keys in one transaction")

    def handle(
        self, *args: Any, organization: str | None, root: bool, batch: int, **options: Any
    ) -> None:
        try:
            if root:
                self._root()
            else:
                self._organization(str(organization), batch)
        except CustosError as error:
            raise CommandError(error.message) from error

    def _organization(self, slug: str, batch: int) -> None:
        found = Organization.objects.filter(slug=slug).first()
        if found is None:
            raise CommandError(f"There is no organization {slug}.")
        rotation = open_rotation(found.id)
        if rotation is None:
            rotation = rotate_key(actor=ACTOR, tenant=found.id)
            self._say(f"{slug}: key {rotation.version} is there; new objects use it.")
        else:
            self._say(f"{slug}: going on with the rotation to key {rotation.version}.")
        move_on(tenant=found.id, rotation=rotation.id, told=self._progress, batch=batch)
        self._say(f"{slug}: done, nothing lies under an earlier key.")

    def _root(self) -> None:
        for state in key_states():
            moved = move_to_active_root(actor=ACTOR, tenant=state.organization.id)
            self._say(f"{state.organization.slug}: {moved} key versions moved.")
        secrets = move_secrets_to_active_root(actor=ACTOR)
        self._say(f"People: {secrets} secrets of second steps moved.")
        self._say("Done: nothing lies under a former root key.")

    def _progress(self, row: KeyRotation) -> None:
        self._say(f"  {row.moved:,} of {row.total:,} data keys")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
