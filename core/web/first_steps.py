"""First steps: what somebody has to do before their work can begin, read from what is there.

Rooms register theirs. A step is done when a row says so, never because somebody ticked it; one that
is optional can be skipped, which the browser remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Exists, QuerySet

from core.access.door import Entry
from core.access.permissions import Permission
from core.tenancy.models import Organization
from core.tenancy.scope import scope

#: Rows of the open scope, or shared ones, of which one is enough.
Fact = Callable[[Entry, Any], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One thing to do in an organization of a kind.

    ``path``: where it is done, absolute or below the organization. ``done``: it is, when this has a
    row. ``ready``: it is this person's turn when this has a row; until then ``waits`` says whose.
    """

    kind: str
    place: int
    key: str
    title: str
    why: str
    path: str
    act: str
    permission: Permission
    done: Fact
    ready: Fact | None = None
    waits: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A step as somebody sees it now: done, skipped, waits, current or todo."""

    step: FirstStep
    state: str
    url: str


@dataclass(frozen=True, slots=True)
class Checklist:
    """All steps of somebody's organization, in order; at least one is left."""

    items: list[Shown]
    organization: Organization

    @property
    def settled(self) -> int:
        """Count what is done or skipped."""
        return sum(item.state in {"done", "skipped"} for item in self.items)

    @property
    def skipped(self) -> bool:
        """Say whether something was skipped, which can be taken back."""
        return any(item.state == "skipped" for item in self.items)

    @property
    def folded(self) -> bool:
        """Say whether work goes on already, which the last step begins: then it stands first."""
        return self.items[-1].state == "done"

    @property
    def percent(self) -> int:
        return 100 * self.settled // len(self.items)

    @property
    def current(self) -> Shown | None:
        """Give the step that is next; None while all that is left waits for somebody else."""
        return next((item for item in self.items if item.state == "current"), None)


#: Seconds for which a step that is done is not asked for again.
KEPT = 300

_steps: dict[str, list[FirstStep]] = {}


def register(step: FirstStep) -> None:
    """Add a step. Rooms do it when apps are ready."""
    steps = _steps.setdefault(step.kind, [])
    steps.append(step)
    steps.sort(key=lambda s: s.place)


def optional_keys(kind: str) -> set[str]:
    """Name the steps of a kind that can be skipped."""
    return {step.key for step in _steps.get(kind, []) if step.optional}


def _read(steps: Collection[FirstStep], entry: Entry, person: Any) -> dict[str, bool]:
    """Ask which steps are done, and which are ready, in one query."""
    organization = entry.organization
    with scope(organization.id):
        facts = {f"done_{s.key}": Exists(s.done(entry, person)) for s in steps}
        facts |= {f"ready_{s.key}": Exists(s.ready(entry, person)) for s in steps if s.ready}
        row: QuerySet[Any, Any] = Organization.objects.filter(id=organization.id)
        found: dict[str, bool] = row.annotate(**facts).values(*facts).get()
    return found


def checklist(entry: Entry, person: Any, skipped: Collection[str]) -> Checklist | None:
    """Give what is left to do for somebody who has entered, in one query; None when nothing is.

    What was done is not asked again for some minutes: it hardly ever is undone.
    """
    organization = entry.organization
    steps = [s for s in _steps.get(organization.kind, []) if s.permission in entry.permissions]
    if not steps or entry.rests:
        return None
    kept = f"steps-done:{organization.id}:{person.id}"
    done = cache.get(kept, [])
    left = [s for s in steps if f"done_{s.key}" not in done]
    known = dict.fromkeys(done, True) | (_read(left, entry, person) if left else {})
    if any(known[f"done_{s.key}"] for s in left):
        cache.set(kept, [f"done_{s.key}" for s in steps if known[f"done_{s.key}"]], KEPT)
    items: list[Shown] = []
    for step in steps:
        state = "todo"
        if known[f"done_{step.key}"]:
            state = "done"
        elif step.optional and step.key in skipped:
            state = "skipped"
        elif not known.get(f"ready_{step.key}", True):
            state = "waits"
        elif not any(item.state == "current" for item in items):
            state = "current"
        url = step.path if step.path.startswith("/") else f"/t/{organization.slug}/{step.path}"
        items.append(Shown(step, state, url))
    # What is optional keeps nobody here once the rest is done.
    needed = [item for item in items if not item.step.optional and item.state != "done"]
    return Checklist(items, organization) if needed else None
