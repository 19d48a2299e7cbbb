"""Eight processes that write into logs at once: `python -m tests.unit.audit.writers ...`.

One process loads the program and then forks, so that eight starts cost one. Each writer notes, line
by line, the entries of the transactions that it committed; a fifth of them it rolls back.
"""

import os
import random
import sys
from pathlib import Path
from uuid import UUID, uuid4

WRITERS = 8
ROLLED_BACK = 0.2


def write_all(folder: Path, tenants: list[UUID], entries: int) -> None:
    """Fork the writers, which commit `entries` in all, and wait for them."""
    children = []
    for number in range(WRITERS):
        child = os.fork()
        if not child:
            try:
                _write(folder / f"{number}.committed", tenants, entries // WRITERS, number)
            except BaseException:  # noqa: BLE001 - a forked child never returns into its parent's code
                sys.excepthook(*sys.exc_info())
                os._exit(1)
            os._exit(0)
        children.append(child)
    failed = [child for child in children if os.waitpid(child, 0)[1]]
    sys.exit(bool(failed))


def _write(note: Path, tenants: list[UUID], wanted: int, seed: int) -> None:
    from django.db import transaction

    from core.access.actors import Actor
    from core.audit.log import record
    from core.tenancy.scope import scope

    chance, actor, done = random.Random(seed), Actor.system("writer"), 0
    with note.open("w") as committed:
        while done < wanted:
            tenant, back = chance.choice(tenants), chance.random() < ROLLED_BACK
            count = min(chance.randint(1, 20), wanted - done)
            with scope(tenant):
                written = [
                    record(
                        action="test.write", actor=actor, tenant=tenant, subject=("clip", uuid4())
                    )
                    for _ in range(count)
                ]
                transaction.set_rollback(back)
            if not back:
                committed.writelines(f"{tenant} {entry}\n" for entry in written)
                committed.flush()
                done += count


def notes(folder: Path) -> dict[UUID, list[UUID]]:
    """Read what the writers committed, by tenant."""
    found: dict[UUID, list[UUID]] = {}
    for note in folder.glob("*.committed"):
        for line in note.read_text().splitlines():
            tenant, entry = line.split()
            found.setdefault(UUID(tenant), []).append(UUID(entry))
    return found


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.web.settings")
    django.setup()
    write_all(Path(sys.argv[1]), [UUID(text) for text in sys.argv[3:]], int(sys.argv[2]))
