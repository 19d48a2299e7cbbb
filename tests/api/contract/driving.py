"""Schemathesis at our API: real rows under its names, real people behind its tokens.

What it generates goes through its own transports into the running applications. Each request
has a transaction of its own that is taken back, so that every case meets the same house.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import schemathesis
from django.core.signals import got_request_exception
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from schemathesis import Case, GenerationMode, Response
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation

from core.tenancy.scope import scope
from core.web.schema_examples import BY_FORMAT
from tests.api.tenancy.stage import CALLED
from tests.architecture import permission_table as table
from tests.browser.furnished import House
from tests.cast import Cast
from tests.plugins.documented import path_of

#: The kinds of people, as whom of them an operation is tried in turn, and where each is at home.
PEOPLE = {
    "clara": "harbour",
    "nora": "northlight",
    "anna": "northlight",
    "amir": "northlight",
    "rita": "northlight",
    "arthur": "provider",
    "olga": "provider",
}
#: Names of fields in bodies and queries that hold an id, and of whose kind.
FIELDS = {
    "user": "person", "trust": "trust", "replaces": "invoice", "entry": "auditentry",
    "since": "release", "actor": "person", "subject": "clip", "before": "auditentry",
    "after": "auditentry", "grant": "auditorgrant",
}  # fmt: skip
UPLOADS = "/uploads"
#: People and rows with which success is sought before an operation's other cases are sent.
TRIES = 8
CONFIG = {
    "generation": {"with-security-parameters": False},
    "checks": {
        # A body may fit its schema and name a row that is not there, or come too late.
        "positive_data_acceptance": {"enabled": False},
        # These two judge sequences of calls, and each of ours is taken back.
        "use_after_free": {"enabled": False},
        "ensure_resource_availability": {"enabled": False},
        # tus 1.0: 412 is for a Tus-Resumable that is missing, too.
        "missing_required_header": {"expected-statuses": ["400", "401", "403", "412", "415"]},
        # A negated If-Match names no state that is there.
        "negative_data_rejection": {
            "expected-statuses": ["400", "401", "403", "404", "405", "406", "409", "412", "415",
                                  "422", "429"],
        },
    },
}  # fmt: skip


@schemathesis.serializer("application/offset+octet-stream")
def _bytes_of_an_upload(_: Any, value: Any) -> dict[str, Any]:
    return {"data": value if isinstance(value, bytes) else str(value).encode()}


@dataclass
class Ground:
    """What operations are tried on: tokens by person, ids by the name of a path's variable."""

    tokens: dict[str, str]
    ids: dict[str, list[str]]
    leases: dict[str, int] = field(default_factory=dict)

    def named(self, name: str) -> list[str]:
        name = name.removesuffix("_id")
        return self.ids.get(name) or self.ids.get(CALLED.get(name, FIELDS.get(name, name)), [])


@dataclass
class Found:
    """What a run saw: operations that were answered with success, requests, and what was wrong."""

    reached: set[str] = field(default_factory=set)
    #: By operation that was not reached: what its last try was told.
    refused: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    wrong: dict[str, str] = field(default_factory=dict)

    def note(self, case: Case, failures: FailureGroup, raised: list[BaseException]) -> None:
        """Keep the first of each kind of failure of an operation, with how to send it again."""
        for one in failures.exceptions:
            key = f"{case.operation.label}: {type(one).__name__}"
            if key not in self.wrong:
                told = " ".join(str(one).split())[:600]
                cause = f" <- {raised[-1]!r}" if raised else ""
                self.wrong[key] = f"{key}: {told}{cause}\n    {case!r}"[:1500]


def ground_of(cast: Cast, house: House) -> Ground:
    """Give the people tokens that may do all that their people may, and list the house's rows."""
    from core.accounts.tokens import issue_token
    from core.outbox.models import Job
    from tests.api.tenancy.stage import _ids
    from workforce.tasks.models import QueueEntry

    tokens = {
        name: issue_token(
            user=getattr(cast, name), organization=getattr(cast, home), name="program",
            sudo=True, second_factor=True,
        )[1]
        for name, home in PEOPLE.items()
    }  # fmt: skip
    ids = {name: [str(one) for one in found] for name, found in _ids(cast).items()}
    first = {
        "clip": [house.clip, house.refused, house.seamed],
        "task": [house.in_hand, house.submitted, house.came_back, house.two_sided],
        "release": [house.ready_release, house.accepted_release],
        "document": [house.invoice], "creditnote": [house.note], "batch": [house.batch],
        "worker": [house.worker], "auditentry": [house.entry], "project": [house.project],
        "goldtruth": [house.gold],
    }  # fmt: skip
    for name, own in first.items():
        ids[name] = list(dict.fromkeys([*map(str, own), *ids.get(name, [])]))
    ids |= {"number": ["0"], "tile": ["0/000.p/1", "000.p/1"], "person": [str(cast.anna.pk)]}
    ids["application"] = _applications()
    ids["job"] = [str(one) for one in Job.objects.filter(state="dead").values_list("id", flat=True)]
    _give_the_webhook_a_secret(cast)
    leases = {
        str(task): token or 0 for task, token in QueueEntry.objects.values_list("task_id", "token")
    }
    return Ground(tokens, ids, leases)


def _give_the_webhook_a_secret(cast: Cast) -> None:
    """The house's own has none that could sign."""
    from core.crypto.keys import open_keys
    from tenants.compliance.models import Webhook
    from tenants.compliance.webhooks import NO_FORMER, _sealed

    keys = open_keys(cast.harbour.id)
    with scope(cast.harbour.id):
        webhook = Webhook.objects.get()
        secret = _sealed(keys.new_object_key(webhook.id))
        Webhook.objects.filter(id=webhook.id).update(**secret, **NO_FORMER)


def _applications() -> list[str]:
    from core.tenancy.provider import provider
    from tenants.organizations.models import Application

    with scope(provider().id):
        return [str(one) for one in Application.objects.values_list("id", flat=True)]


def allowed_by_operation() -> dict[str, list[tuple[str, str]]]:
    """By label of an operation: the organization in its path, and who of PEOPLE may call it."""
    places = [(table.API, "harbour"), (table.VENDOR_API, "northlight")]
    places += [(rows, "harbour") for rows in table.MOUNTED.values()]
    return {
        f"{method} {path_of(f'api/v1/{route}')}": [(who, slug) for who in PEOPLE if who in allowed]
        for rows, slug in places
        for route, methods in rows.items()
        for method, allowed in methods.items()
    }


class Driver:
    """Sends the cases of operations, and keeps what their checks say."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.found = ground, Found()
        #: Which application is asked: Django alone, unless a test names the whole.
        self.app: Any = None
        self.raised: list[BaseException] = []
        config = schemathesis.Config.from_dict(CONFIG)
        self.schema = schemathesis.openapi.from_wsgi(
            "/api/v1/schema", get_wsgi_application(), config=config
        )
        self.allowed = allowed_by_operation()
        got_request_exception.connect(self._raised, dispatch_uid="tests.contract")

    def _raised(self, **_: Any) -> None:
        self.raised.append(sys.exc_info()[1] or RuntimeError("of unknown kind"))

    def uploads(self) -> list[Any]:
        """Give what is answered beside Django."""
        found = [one.ok() for one in self.schema.get_all_operations()]
        return [one for one in found if UPLOADS in one.path]

    def operations(self) -> list[Any]:
        """Give all that Django answers."""
        return [
            one for found in self.schema.get_all_operations()
            if UPLOADS not in (one := found.ok()).path
        ]  # fmt: skip

    def cases(self, operation: Any) -> list[Case]:
        """Give what covers an operation's description: values at the borders, and beyond them."""
        generation = self.schema.config.generation_for(operation=operation)
        return list(
            self.schema.iter_coverage_cases(
                operation, generation_modes=list(GenerationMode), generation_config=generation
            )
        )

    def drive(self, operation: Any, *, every: int) -> None:
        """Reach success with the example as whoever can; then send each `every`th case as them."""
        first, *others = self.cases(operation)
        who, ids = self._reach(operation, first)
        for other, slug in self.allowed[operation.label]:
            if other != who:
                self.send(_filled(first, {**ids, "tenant": slug}, self.ground), other)
        for case in others[::every]:
            self.send(_placed(case, ids), who)

    def _reach(self, operation: Any, example: Case) -> tuple[str, dict[str, str]]:
        """Try people and rows in turn; give whom and which brought success, or the first."""
        ways = list(islice(self._ways(operation), TRIES))
        for who, ids in ways:
            answer = self.send(_filled(example, ids, self.ground), who, auth=True)
            if 200 <= answer.status_code < 400:
                self.found.reached.add(operation.label)
                return who, ids
            self.found.refused[operation.label] = f"{answer.status_code} {answer.text[:400]}"
        return ways[0]

    def _ways(self, operation: Any) -> Iterator[tuple[str, dict[str, str]]]:
        names = re.findall(r"{(\w+)}", operation.path)
        last = names[-1] if names and names[-1] != "tenant" else None
        rows = self.ground.named(last)[:4] if last else [""]
        for who, slug in self.allowed[operation.label] or [("", "harbour")]:
            for row in rows or ["3f2b8c1e-7d4a-4e0b-9a57-1c2d3e4f5a6b"]:
                ids = {name: (self.ground.named(name) or [row])[0] for name in names}
                ids |= {"tenant": slug} if "tenant" in names else {}
                yield who, ids | ({last: row} if last else {})

    def send(self, case: Case, who: str, *, auth: bool = False) -> Response:
        """Send one case as somebody, take back what it did, and hold the answer to all checks."""
        token = self.ground.tokens.get(who)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        left = [] if auth else [schemathesis.checks.ignored_auth]
        sent = {"headers": headers, "app": self.app or case.operation.app}
        self.raised.clear()
        self.found.requests += 1
        around = transaction.atomic()
        around._from_testcase = True  # type: ignore[attr-defined]  # a receipt's own is no inner one
        with around:
            try:
                answer = case.call(**sent)
                case.validate_response(
                    answer, headers=headers, excluded_checks=left, transport_kwargs=sent
                )
            except FailureGroup as failures:
                self.found.note(case, failures, self.raised)
            finally:
                transaction.set_rollback(True)
        return answer


def _placed(case: Case, ids: dict[str, str]) -> Case:
    """Put real rows into the path, unless the path is what the case is about."""
    if not (case.meta and case.meta.is_negative_at(ParameterLocation.PATH)):
        for name in case.path_parameters:
            case.path_parameters[name] = ids.get(name, case.path_parameters[name])
    return case


def _filled(case: Case, ids: dict[str, str], ground: Ground) -> Case:
    """Put real rows into path, query and body of an example, under a key that is new."""
    made = _placed(case.derive(), ids)
    made.headers.pop("Idempotency-Key", None)
    made.headers.pop("If-Match", None)
    made.headers.pop("If-None-Match", None)
    wanted = {one.name for one in made.operation.query if one.is_required}
    made.query = {name: value for name, value in made.query.items() if name in wanted}
    known = {**ids, "token": ground.leases.get(ids.get("task", ""))}
    made.body = _real(made.body, known, ground)
    made.query = _real(made.query, known, ground)
    return made


def _real(value: Any, known: dict[str, Any], ground: Ground, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _real(inner, known, ground, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_real(inner, known, ground, name.removesuffix("s")) for inner in value]
    if value == BY_FORMAT["uuid"]:
        return known.get(name) or next(iter(ground.named(name)), value)
    if name == "token" and known.get("token") is not None:
        return known["token"]
    return value
