"""What stands around the entries of the log: filters in force, facets, top lists, the picture."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone

from core.audit.lookups import UNSTATED
from core.tenancy.scope import scope
from tenants.compliance.counting import Counts, Tally, counts_of
from tenants.compliance.filters import SYSTEM
from tenants.compliance.names import camera_names, names_of, person_name, subject_name
from tenants.compliance.roles import WORDS, roles_here
from tenants.compliance.selection import where_of
from tenants.intake.models import Clip

#: Values that a facet shows before "more".
SHOWN = 6
#: Lines of a top list.
TOP = 100
#: Groups of a top list, and how each is called.
GROUPS = {"actor": "Person", "subject": "What", "action": "Action", "role": "Role",
          "camera": "Camera", "why": "Purpose"}  # fmt: skip
TITLES = {"action": "Action", "role": "Role", "camera": "Camera", "why": "Purpose",
          "actor": "Person"}  # fmt: skip


def query_of(chosen: Mapping[str, str]) -> str:
    """Write filters as a query that is read well: lists with commas, instants with colons."""
    query = QueryDict(mutable=True)
    query.update(dict(chosen))
    return query.urlencode(safe=":,")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a facet; `share` of the most frequent one, 0 to 1."""

    value: str
    label: str
    count: int
    share: float
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """Values of one filter, those that are chosen and the most frequent first."""

    name: str
    title: str
    first: Sequence[Value]
    more: Sequence[Value]
    open: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a top list. `only` and `without`: queries of these entries, and of the others."""

    label: str
    note: str
    count: int
    share: float
    first: datetime
    last: datetime
    only: str
    without: str


@dataclass(frozen=True, slots=True)
class Token:
    """A filter in force, and the query without it."""

    name: str
    value: str
    negated: bool
    rest: str


class Explorer:
    """The frame of one query. `asked`: validated filters; `chosen`: the same as in the address."""

    def __init__(
        self, tenant: UUID, reader: UUID, asked: dict[str, Any], chosen: dict[str, str]
    ) -> None:
        self.tenant, self.reader, self.asked, self.chosen = tenant, reader, asked, chosen
        self.roles = roles_here(tenant)
        self.cameras = camera_names(tenant)
        self._says: dict[str, Callable[[str], str]] = {
            "actor": lambda value: person_name(value, reader),
            "role": lambda value: value.replace("_", " "),
            "camera": lambda value: self.cameras.get(UUID(value), value[:8]),
            "why": lambda value: "none stated" if value == UNSTATED else value,
            "after": _said_instant,
            "before": _said_instant,
        }
        self._counted: dict[str, Counts] = {}
        self.counts = self._counts_without("")

    def _counts_without(self, name: str) -> Counts:
        """Count what the filters but one select, so that its other values can still be chosen."""
        if name not in self.asked:
            name = ""
        if name not in self._counted:
            rest = {key: value for key, value in self.asked.items() if key != name}
            self._counted[name] = counts_of(
                self.tenant, where_of(self.tenant, rest), rest.get("after"), rest.get("before")
            )
        return self._counted[name]

    @property
    def cut_short(self) -> bool:
        """Whether there are entries that a number counted so far leaves out."""
        return any(counts.cut_short for counts in self._counted.values())

    def tallies(self, name: str, counts: Counts) -> dict[str, Tally]:
        """Give the tallies of a facet or a top list by its values."""
        if name == "action":
            return counts.action
        if name == "why":
            return counts.purpose
        if name == "subject":
            return {f"{kind}:{key}": tally for (kind, key), tally in counts.subject.items()}
        if name == "actor":
            return {str(actor): tally for actor, tally in counts.actor.items() if actor}
        if name == "role":
            pairs = [(self._role(actor), tally) for actor, tally in counts.actor.items()]
        else:
            pairs = list(self._by_camera(counts))
        found: dict[str, Tally] = {}
        for value, tally in pairs:
            if value:
                found[value] = found[value] + tally if value in found else tally
        return found

    def _role(self, actor: UUID | None) -> str:
        if actor is None:
            return SYSTEM
        return self.roles[actor].value if actor in self.roles else ""

    def _by_camera(self, counts: Counts) -> Iterable[tuple[str, Tally]]:
        clips = [UUID(key) for kind, key in counts.subject if kind == "clip"]
        with scope(self.tenant):
            rows = Clip.objects.filter(id__in=clips, camera__isnull=False)
            cameras = {str(clip): camera for clip, camera in rows.values_list("id", "camera")}
        for (kind, key), tally in counts.subject.items():
            if kind == "clip" and key in cameras:
                yield str(cameras[key]), tally

    def label(self, name: str, value: str, names: dict[tuple[str, str], str]) -> str:
        """Say a value of a filter as people read it."""
        if name == "subject" and ":" in value:
            kind, _, key = value.partition(":")
            return subject_name(kind, key, names)
        if name == "batch":
            return names.get((name, value), value[:8])
        say = self._says.get(name)
        return say(value) if say else value

    def facets(self) -> list[Facet]:
        return [self._facet(name, title) for name, title in TITLES.items()]

    def _facet(self, name: str, title: str) -> Facet:
        tallies = self.tallies(name, self._counts_without(name))
        chosen = [value for value in self.chosen.get(name, "").split(",") if value]
        counts = {value: tally.count for value, tally in tallies.items()}
        counts |= {value: 0 for value in chosen if value not in counts}
        if name == "role":
            known = {role.value for role in self.roles.values()}
            counts |= {role: 0 for role in known if role not in counts}
        most = max(counts.values(), default=0) or 1
        values = [
            Value(value, self.label(name, value, {}), count, count / most, value in chosen)
            for value, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        ]
        first = [v for v in values if v.chosen] + [v for v in values if not v.chosen]
        shown = max(SHOWN, len(chosen))
        first, more = sorted(first[:shown], key=lambda v: -v.count), first[shown:]
        is_open = name != "actor" or bool(chosen)
        return Facet(name, title, first, more, is_open)

    def tokens(self) -> list[Token]:
        pairs = [
            (name, value) if name == "batch" else _kind_and_id(value)
            for name, value in self.chosen.items()
            if name == "batch" or (name.removeprefix("not_") == "subject" and ":" in value)
        ]
        names = names_of(self.tenant, pairs)
        return [
            Token(
                name=SAID.get(plain, plain),
                value=", ".join(
                    self.label(plain, one, names)
                    for one in ([value] if plain in ONE else value.split(","))
                ),
                negated=plain != name,
                rest=query_of({k: v for k, v in self.chosen.items() if k != name}),
            )
            for name, value in self.chosen.items()
            for plain in [name.removeprefix("not_")]
        ]

    def top(self, name: str) -> list[Line]:
        """Give the most frequent values of a group, each with the way to its entries."""
        tallies = self.tallies(name, self.counts)
        ranked = sorted(tallies.items(), key=lambda one: (-one[1].count, one[0]))[:TOP]
        most = ranked[0][1].count if ranked else 1
        pairs = [_kind_and_id(value) for value, _ in ranked if name == "subject"]
        names = names_of(self.tenant, pairs)
        return [
            Line(
                label=self.label(name, value, names),
                note=self._note(name, value),
                count=tally.count,
                share=tally.count / most,
                first=tally.first,
                last=tally.last,
                only=query_of({**self.chosen, name: value}),
                without=query_of({**self.chosen, **self._excluded(name, value)}),
            )
            for value, tally in ranked
        ]

    def _note(self, name: str, value: str) -> str:
        role = self.roles.get(UUID(value)) if name == "actor" else None
        return WORDS[role] if role else ""

    def _excluded(self, name: str, value: str) -> dict[str, str]:
        before = self.chosen.get(f"not_{name}")
        joined = f"{before},{value}" if before and name not in ONE else value
        return {f"not_{name}": joined}

    def span(self) -> tuple[datetime, datetime] | None:
        """Give the first and the last instant of what is counted."""
        tallies = self.counts.action.values()
        if not tallies:
            return None
        return min(t.first for t in tallies), max(t.last for t in tallies)


#: How filters are called in a token.
SAID = {"actor": "who", "subject": "what", "after": "from", "why": "purpose"}
#: Filters of one value, in which a comma means nothing.
ONE = ("actor", "subject", "batch", "after", "before")


def _kind_and_id(subject: str) -> tuple[str, str]:
    kind, _, key = subject.partition(":")
    return kind, key


def _said_instant(value: str) -> str:
    return f"{timezone.localtime(instant_of(value)):%a %-d %b %Y, %H:%M}"


def instant_of(value: str) -> datetime:
    """Read an instant of the address; without a zone it is of the reader's own."""
    instant = datetime.fromisoformat(value)
    return timezone.make_aware(instant) if timezone.is_naive(instant) else instant


def span_query(chosen: Mapping[str, str], start: datetime, width: timedelta) -> str:
    """Give the query of one stretch of time among what is chosen."""
    return query_of({**chosen, "after": start.isoformat(), "before": (start + width).isoformat()})
