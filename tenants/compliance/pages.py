"""The log's pages: the explorer, which is an auditor's home, and one entry with its proof."""

import json
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone

from core.access.permissions import Permission
from core.audit.notes import Checkpoint
from core.audit.tree import latest_checkpoint, verifier_key
from core.clock import now
from core.errors import Invalid
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.compliance import entries, filters, reading
from tenants.compliance.proof_path import proof_path
from tenants.compliance.reading import Reader

SPANS = [("24 h", timedelta(days=1)), ("7 d", timedelta(days=7)), ("30 d", timedelta(days=30))]
NAMES = ("action", "actor", "subject", "after", "before")


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
        query = filters.LogPage(data=given)
        if not query.is_valid():
            errors = [f"{name}: {' '.join(texts)}" for name, texts in query.errors.items()]
            return self._refused(given, errors)
        try:
            page = reading.read_page(self.reader, query.validated_data)
        except Invalid as error:
            return self._refused(given, [error.message])
        return self.render_to_response(self._context(given, query.validated_data, page))

    def _refused(self, given: dict[str, str], errors: list[str]) -> HttpResponse:
        nothing: dict[str, Any] = {"results": [], "next": None}
        context = self._context({}, {}, nothing) | {"given": given, "errors": errors}
        return self.render_to_response(context, status=400)

    def _context(
        self, given: dict[str, str], asked: dict[str, Any], page: dict[str, Any]
    ) -> dict[str, Any]:
        with scope(self.tenant.id):
            checkpoint = latest_checkpoint()
        chosen = {name: given[name] for name in NAMES if name in given}
        return self.get_context_data(
            tenant=self.tenant.slug,
            rows=entries.rows_of(self.tenant.id, page["results"], self.person.id),
            facets=entries.facets(self.tenant.id, asked),
            counted=entries.COUNTED,
            checkpoint=checkpoint,
            given=given,
            local={name: _local(asked.get(name)) for name in ("after", "before")},
            tokens=_tokens(chosen),
            bundle_query=_query(chosen),
            next_query=_query({**chosen, "cursor": page["next"]}) if page["next"] else "",
            newest_query=_query(chosen) if "cursor" in given else None,
            spans=[(name, _query(_since(chosen, span))) for name, span in SPANS],
            all_time=_query({k: v for k, v in chosen.items() if k not in {"after", "before"}}),
            zone=timezone.get_current_timezone_name(),
        )


def _given(query: QueryDict) -> dict[str, str]:
    """Read the address: several actions are one filter, and an empty field is none."""
    given = {name: query.get(name, "").strip() for name in (*NAMES, "cursor", "limit")}
    given["action"] = ",".join(action for action in query.getlist("action") if action)
    return {name: value for name, value in given.items() if value}


def _query(chosen: dict[str, str]) -> str:
    query = QueryDict(mutable=True)
    query.update(chosen)
    return query.urlencode(safe=":,")


def _since(chosen: dict[str, str], span: timedelta) -> dict[str, str]:
    after = timezone.localtime(now() - span).replace(second=0, microsecond=0)
    return {**{k: v for k, v in chosen.items() if k != "before"}, "after": after.isoformat()}


def _local(instant: Any) -> str:
    """Write an instant for an input of type datetime-local."""
    return timezone.localtime(instant).strftime("%Y-%m-%dT%H:%M") if instant else ""


def _tokens(chosen: dict[str, str]) -> list[tuple[str, str, str]]:
    """List the filters in force: name, value, and the query without it."""
    return [
        (name, value.replace(",", ", "), _query({k: v for k, v in chosen.items() if k != name}))
        for name, value in chosen.items()
    ]


def _pretty(entry: dict[str, Any]) -> str:
    """Write an entry with a line for each of its parts."""
    parts = [f'  "{name}": {json.dumps(part, ensure_ascii=False)}' for name, part in entry.items()]
    return "{\n" + ",\n".join(parts) + "\n}"


class LogEntry(LogPage):
    """One entry: its bytes, the proof of its place, and, for a purpose, who it was."""

    permissions: ClassVar = {"POST": Permission.LOG_RESOLVE}
    template_name = "compliance/entry.html"

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
