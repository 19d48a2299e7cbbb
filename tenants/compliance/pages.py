"""The log's pages: the explorer, which is an auditor's home, and one entry with its proof."""

import json
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone

from core.access.permissions import Permission
from core.audit.notes import Checkpoint
from core.audit.receipts import FRAMES_SERVED
from core.audit.tree import latest_checkpoint, verifier_key
from core.clock import now
from core.errors import Invalid
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.compliance import counting, entries, filters, reading
from tenants.compliance.explorer import GROUPS, Explorer, query_of
from tenants.compliance.proof_path import proof_path
from tenants.compliance.query_line import read_line
from tenants.compliance.reading import Reader
from tenants.compliance.time_picture import picture_of

SPANS = [("24 h", timedelta(days=1)), ("7 d", timedelta(days=7)), ("30 d", timedelta(days=30))]
#: Filters of which several values may be chosen; in the address they are one, with commas.
LISTS = ("action", "role", "camera", "why")
NAMES = (
    *LISTS, "actor", "subject", "batch", "after", "before",
    *(f"not_{name}" for name in (*LISTS, "actor", "subject")),
)  # fmt: skip
#: Questions that are asked of every log, as queries of the explorer.
QUESTIONS = [
    ("Who looked at footage", {"action": FRAMES_SERVED}, "actor"),
    ("Which footage was looked at", {"action": FRAMES_SERVED}, "subject"),
    ("Names that were looked up", {"action": "log.personal.resolve"}, ""),
    ("Who read this log", {"action": "log.read,log.entry.read,log.bundle.export"}, "actor"),
]


class LogPage(TenantPage):
    """Base of the pages on one organization's log."""

    permission = Permission.LOG_READ

    @property
    def reader(self) -> Reader:
        return Reader(self.actor, self.tenant.id)

    @property
    def log_url(self) -> str:
        return f"/t/{self.tenant.slug}/log"


class LogExplorer(LogPage):
    """Who saw what, and why. The query is the address; reading it is an entry of its own."""

    template_name = "compliance/log.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        given = _given(request.GET)
        typed = request.GET.get("q", "").strip()
        if typed:
            line = read_line(self.tenant.id, typed)
            if line.errors:
                return self._refused(given, line.errors, typed)
            return HttpResponseRedirect(f"{self.log_url}?{query_of(_merged(given, line.filters))}")
        query = filters.LogPage(data=given)
        if not query.is_valid():
            errors = [f"{name}: {' '.join(texts)}" for name, texts in query.errors.items()]
            return self._refused(given, errors)
        try:
            page = reading.read_page(self.reader, query.validated_data)
        except Invalid as error:
            return self._refused(given, [error.message])
        return self.render_to_response(self._context(given, query.validated_data, page))

    def _refused(self, given: dict[str, str], errors: list[str], typed: str = "") -> HttpResponse:
        """Say what does not fit. A line that was typed leaves the filters that are in force."""
        nothing: dict[str, Any] = {"results": [], "next": None}
        context = self._context({}, {}, nothing)
        context |= {"given": given, "errors": errors, "typed": typed}
        if typed:
            context["hidden"] = [(k, v) for k, v in given.items() if k != "cursor"]
        return self.render_to_response(context, status=400)

    def _context(
        self, given: dict[str, str], asked: dict[str, Any], page: dict[str, Any]
    ) -> dict[str, Any]:
        with scope(self.tenant.id):
            checkpoint = latest_checkpoint()
        chosen = {name: given[name] for name in NAMES if name in given}
        group = given.get("group", "")
        shown = chosen | ({"group": group} if group else {})
        explorer = Explorer(self.tenant.id, self.person.id, asked, chosen)
        span = explorer.span()
        rows = entries.rows_of(self.tenant.id, page["results"], self.person.id, explorer.roles)
        return self.get_context_data(
            tenant=self.tenant.slug,
            rows=rows,
            # A day, or an action, that all rows share is said once.
            rows_day=_one_day([row.time for row in rows]),
            one_day=bool(span and _one_day(list(span))),
            one_action="action" in chosen and "," not in chosen["action"],
            facets=explorer.facets(),
            facets_cut=explorer.cut_short,
            most_counted=counting.COUNTED,
            counted=explorer.counts.total,
            all_counted=not explorer.counts.cut_short,
            span=span,
            picture=picture_of(explorer.counts, explorer.roles, shown, span),
            checkpoint=checkpoint,
            given=given,
            local={name: _local(asked.get(name)) for name in ("after", "before")},
            tokens=explorer.tokens(),
            # What the query line and the facets' form carry on, each without what it sets itself.
            hidden=list(shown.items()),
            facet_hidden=[(k, v) for k, v in shown.items() if k.startswith("not_") or k == "group"],
            group=group,
            group_title=GROUPS.get(group, ""),
            groups=[
                (name, title, query_of({**chosen, "group": name})) for name, title in GROUPS.items()
            ],
            ungrouped=query_of(chosen),
            top=explorer.top(group) if group else [],
            questions=[
                (text, query_of({**wanted, **({"group": by} if by else {})}))
                for text, wanted, by in QUESTIONS
            ],
            suggestions=[(value, "") for value in _suggestions(explorer)],
            bundle_query=query_of(chosen),
            next_query=query_of({**shown, "cursor": page["next"]}) if page["next"] else "",
            newest_query=query_of(shown) if "cursor" in given else None,
            spans=[(name, query_of(_since(shown, length))) for name, length in SPANS],
            all_time=query_of({k: v for k, v in shown.items() if k not in {"after", "before"}}),
            zone=timezone.get_current_timezone_name(),
        )


def _given(query: QueryDict) -> dict[str, str]:
    """Read the address: several values are one filter, and an empty field is none."""
    given = {name: query.get(name, "").strip() for name in (*NAMES, "cursor", "limit")}
    for name in LISTS:
        given[name] = ",".join(value for value in query.getlist(name) if value)
    if query.get("group") in GROUPS:
        given["group"] = str(query["group"])
    return {name: value for name, value in given.items() if value}


def _merged(given: dict[str, str], added: dict[str, str]) -> dict[str, str]:
    """Add typed filters to those in force: lists grow, of the others the new one holds."""
    merged = {name: value for name, value in given.items() if name not in ("cursor", "limit")}
    for name, value in added.items():
        before = merged.get(name)
        listed = name.removeprefix("not_") in LISTS
        values = dict.fromkeys([*(before or "").split(","), *value.split(",")]) if listed else {}
        merged[name] = ",".join(one for one in values if one) or value
    return merged


def _one_day(instants: list[datetime]) -> str:
    """Name the day if all instants are of one, in the reader's zone."""
    days = {timezone.localtime(instant).date() for instant in instants}
    return f"{days.pop():%a %-d %b}" if len(days) == 1 else ""


def _suggestions(explorer: Explorer) -> list[str]:
    """What the query line offers while one types."""
    found = [f"action:{action}" for action in sorted(explorer.counts.action)]
    found += [f"role:{role}" for role in sorted({r.value for r in explorer.roles.values()})]
    found += [f'camera:"{name}"' for name in explorer.cameras.values()]
    found += [f"purpose:{purpose}" for purpose in sorted(explorer.counts.purpose)]
    return found


def _since(chosen: dict[str, str], span: timedelta) -> dict[str, str]:
    after = timezone.localtime(now() - span).replace(second=0, microsecond=0)
    return {**{k: v for k, v in chosen.items() if k != "before"}, "after": after.isoformat()}


def _local(instant: Any) -> str:
    """Write an instant for an input of type datetime-local."""
    return timezone.localtime(instant).strftime("%Y-%m-%dT%H:%M") if instant else ""


def _pretty(entry: dict[str, Any]) -> str:
    """Write an entry with a line for each of its parts."""
    parts = [f'  "{name}": {json.dumps(part, ensure_ascii=False)}' for name, part in entry.items()]
    return "{\n" + ",\n".join(parts) + "\n}"


class LogEntry(LogPage):
    """One entry: its bytes, the proof of its place, and, for a purpose, who it was."""

    permissions: ClassVar = {"POST": Permission.LOG_RESOLVE}

    def get_template_names(self) -> list[str]:
        """The whole page, or its part for the panel beside the explorer's rows."""
        part = "panel" in self.request.GET
        return ["compliance/entry_panel.html" if part else "compliance/entry.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        proven = reading.read_proof(self.reader, kwargs["entry_id"])
        entry = json.loads(proven["entry"])
        root = Checkpoint.parse(proven["checkpoint"].partition("\n\n")[0] + "\n").root
        results = [{"index": proven["index"], "entry": entry}]
        (row,) = entries.rows_of(self.tenant.id, results, self.person.id)
        key = str(verifier_key(self.tenant.id))
        return super().get_context_data(
            row=row,
            entry=entry,
            proven=proven,
            pretty=_pretty(entry),
            path=proof_path(proven["index"], proven["size"], proven["proof"]),
            root=root.hex(),
            key=key,
            checked={**proven, "key": key},
            subject_url=self._subject_url(row),
            saw_this=query_of({"action": FRAMES_SERVED, "subject": row.subject, "group": "actor"})
            if row.subject_kind == "clip"
            else "",
            did_this=query_of({"actor": row.actor_id}) if row.actor_id else "",
            seen_by=query_of({"action": FRAMES_SERVED, "actor": row.actor_id, "group": "subject"})
            if row.actor_id
            else "",
            **kwargs,
        )

    def _subject_url(self, row: entries.Row) -> str:
        """Where the entry's subject is shown, if it has a page of its own here."""
        places = {"clip": "clips", "release": "releases"}
        place = places.get(row.subject_kind)
        return f"/t/{self.tenant.slug}/{place}/{row.subject_id}" if place else ""

    def post(self, request: HttpRequest, tenant: str, entry_id: UUID) -> HttpResponse:
        """Look behind the commitments for a stated purpose, which the log keeps."""
        asked = filters.Resolution(data={"purpose": request.POST.get("purpose", "").strip()})
        if not asked.is_valid():
            error = "Say the purpose in one word, such as access-review."
            context = self.get_context_data(entry_id=entry_id, tenant=tenant, error=error)
            return self.render_to_response(context, status=400)
        found = reading.resolve(self.reader, entry_id, asked.validated_data["purpose"])
        context = self.get_context_data(
            entry_id=entry_id, tenant=tenant, resolved=found["personal"], asked_now=True
        )
        return self.render_to_response(context)
