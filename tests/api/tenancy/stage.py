"""Two tenants side by side: B is Harbour with Northlight, furnished; A is Museum with Southquay."""

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

from django.apps import apps
from django.db import connection

from core.access.actors import Actor
from core.tenancy.models import TenantOwned
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, make_clip
from tests.cast import Cast, give_passkey

#: Rows that are not TenantOwned, and the column that says whose they are.
SHARED = {
    "access_membership": "organization_id",
    "access_engagement": "client_id",
    "access_auditorgrant": "organization_id",
    "accounts_apitoken": "organization_id",
    "outbox_job": "tenant_id",
    "outbox_event": "tenant_id",
    "tasks_queueentry": "tenant_id",
}
#: Names in routes that are not their model's.
CALLED = {
    "entry": "auditentry", "gold": "goldtruth", "done": "allocation", "invoice": "document",
    "token": "apitoken", "card": "ratecard", "roster": "rosterimport",
    "note": "creditnote",
}  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """A's people by role and own ids by name; B's ids by model, and texts only B knows."""

    people: dict[str, object]
    own: dict[str, UUID]
    theirs: dict[str, list[UUID]]
    secrets: frozenset[str]
    tenants: tuple[UUID, UUID]
    #: The slug of A's project, the secrets of its people's tokens, and every id before the start.
    project: str
    tokens: dict[str, str]
    known: frozenset[str]
    #: What A's people have typed so far, plain and as it stands in an address.
    sent: set[str] = field(default_factory=set)

    def their(self, name: str) -> list[UUID]:
        """B's ids for the part of a route called `name`: of that kind where B has one."""
        name = name.removesuffix("_id")
        return self.theirs.get(CALLED.get(name, name)) or self.all_ids()

    def all_ids(self) -> list[UUID]:
        return [value for values in self.theirs.values() for value in values]


def owned_models():
    return [m for m in apps.get_models() if issubclass(m, TenantOwned) and not m._meta.abstract]


def fingerprint(stage: Stage) -> dict[str, str]:
    """A hash of each table's rows of B, as the system reads them."""
    tables = {model._meta.db_table: "tenant_id" for model in owned_models()} | SHARED
    union = " union all ".join(
        f"select '{table}', count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), ''"
        f" order by md5(t::text))), '') from {table} t where t.{column} = any(%(tenants)s)"
        for table, column in tables.items()
    )
    found: dict[str, str] = {}
    for tenant in stage.tenants:
        with scope(tenant), connection.cursor() as cursor:
            cursor.execute(union, {"tenants": [tenant]})
            found |= {f"{tenant} {name}": value for name, value in cursor.fetchall()}
    return found


def _ids(cast: Cast) -> dict[str, list[UUID]]:
    from core.access.models import AuditorGrant, Engagement, Membership

    found: dict[str, list[UUID]] = {}
    for tenant in (cast.harbour, cast.northlight):
        with scope(tenant.id):
            for model in owned_models():
                rows = list(model.objects.values_list("id", flat=True)[:5])
                found.setdefault(model._meta.model_name, []).extend(rows)
        members = Membership.objects.filter(organization=tenant)
        found.setdefault("membership", []).extend(members.values_list("id", flat=True))
        found.setdefault("person", []).extend(members.values_list("user_id", flat=True))
    found["engagement"] = list(Engagement.objects.values_list("id", flat=True)[:1])
    found["auditorgrant"] = [AuditorGrant.objects.get(organization=cast.harbour).id]
    found["organization"] = [cast.harbour.id, cast.northlight.id]
    return {name: [v for v in values if isinstance(v, UUID)] for name, values in found.items()}


def _secrets(cast: Cast, theirs: dict[str, list[UUID]]) -> frozenset[str]:
    from core.accounts.models import Person
    from tenants.intake.models import Clip
    from tenants.projects.models import Camera, Project, Site

    with scope(cast.harbour.id):
        texts = {*Project.objects.values_list("slug", flat=True)}
        texts |= {*Clip.objects.exclude(filename="gate.mp4").values_list("filename", flat=True)}
        texts |= {*Site.objects.values_list("name", flat=True)}
        texts |= {*Camera.objects.values_list("name", flat=True)}
    texts |= {*Person.objects.filter(id__in=theirs["person"]).values_list("email", flat=True)}
    ids = {str(value) for values in theirs.values() for value in values}
    return frozenset(text for text in texts | ids if len(text) > 6)


def _person(name: str, organization, role):
    from core.access.models import Membership
    from core.accounts.models import Person

    person = Person(email=f"{name}@elsewhere.example", name=name.title())
    person.set_unusable_password()
    person.save()
    Membership.objects.create(user=person, organization=organization, role=role.value)
    return person


def _people(cast: Cast, southquay) -> dict[str, object]:
    from core.access.models import AuditorGrant, Engagement
    from core.access.permissions import Role
    from core.clock import now

    Engagement.objects.create(client=cast.museum, vendor=southquay)
    people = {
        "clara": cast.mila,
        "umar": _person("uwe", cast.museum, Role.CLIENT_UPLOADER),
        "vera": _person("vito", cast.museum, Role.CLIENT_VIEWER),
        "nora": _person("nils", southquay, Role.VENDOR_MANAGER),
        "anna": _person("ada", southquay, Role.ANNOTATOR),
        "rita": _person("rolf", southquay, Role.REVIEWER),
        "arthur": _person("august", cast.provider, Role.AUDITOR),
    }
    give_passkey(people["arthur"])
    AuditorGrant.objects.create(
        user=people["arthur"], organization=cast.museum, purpose="yearly-review",
        expires_at=now() + timedelta(days=30),
    )  # fmt: skip
    return people


def _own(cast: Cast, southquay, people) -> dict[str, UUID]:
    """What A has itself, so that requests get as far as where B's ids would matter."""
    from workforce.people.services import add_worker

    nils, rows = Actor.person(people["nora"]), []
    for name in ("anna", "rita"):
        person = people[name].id
        rows.append(add_worker(actor=nils, vendor=southquay.id, user_id=person, skills=["boxes"]))
    clip = make_clip(SimpleNamespace(harbour=cast.museum))
    tasks = cut(cast, clip)
    with scope(cast.museum.id):  # its bytes are nowhere, so it is not ready to be shown
        type(clip).objects.filter(id=clip.id).update(state="preparing")
    return {
        "worker": rows[0].id, "clip": clip.id, "project": clip.project_id, "task": tasks[0].id,
    }  # fmt: skip


def set_up_a(cast: Cast) -> tuple[dict[str, object], dict[str, UUID], str, dict[str, str]]:
    """Give A's people of every role, a little of its own, its project and their tokens."""
    from core.accounts.tokens import issue_token
    from core.tenancy.models import Organization
    from tenants.projects.models import Project

    southquay = Organization.objects.create(slug="southquay", kind="vendor")
    people = _people(cast, southquay)
    own = _own(cast, southquay, people)
    homes = dict.fromkeys(("clara", "umar", "vera"), cast.museum)
    homes |= dict.fromkeys(("nora", "anna", "rita"), southquay) | {"arthur": cast.provider}
    tokens = {
        name: issue_token(
            user=people[name], organization=home, name="program", sudo=True, second_factor=True
        )[1]
        for name, home in homes.items()
    }
    with scope(cast.museum.id):
        return people, own, Project.objects.get(id=own["project"]).slug, tokens


def set_up_b(cast: Cast, folder) -> dict[str, list[UUID]]:
    """Furnish B and commit; give its ids by model."""
    from tests.browser.furnished import furnish

    furnish(cast, folder)
    return go_on_b(cast)


def go_on_b(cast: Cast) -> dict[str, list[UUID]]:
    """What B has beside its furniture; gives its ids by model."""
    from core.accounts.tokens import issue_token

    token, _ = issue_token(user=cast.clara, organization=cast.harbour, name="nightly export")
    return _ids(cast) | {"apitoken": [token.id]}


def set_up(cast: Cast) -> Stage:
    """In a house furnished for B give A people of every role and a little of its own; commit."""
    theirs = go_on_b(cast)
    people, own, project, tokens = set_up_a(cast)
    known = {str(value) for values in theirs.values() for value in values}
    known |= {str(value) for value in own.values()} | {str(p.id) for p in people.values()}
    tenants = (cast.harbour.id, cast.northlight.id)
    secrets = _secrets(cast, theirs)
    return Stage(people, own, theirs, secrets, tenants, project, tokens, frozenset(known))
