"""A client with so many projects and tasks, multiplied in the database from a furnished house.

One row of each kind is made by the services (tests/browser/furnished.py); here PostgreSQL copies it
with other ids, states and days. Constraints are not checked while it does, so that a million tasks
take minutes; the triggers that keep words for the search run where things have names.
"""

from dataclasses import dataclass
from uuid import UUID

import psycopg
from django.db.models import GeneratedField, Model

from billing.invoicing.models import Charged, Invoice, Line
from billing.metering.models import Reading
from core.access.models import Membership
from core.accounts.models import Person
from core.audit.models import AuditEntry
from core.notices.models import Mark, Notice
from core.outbox.models import Job
from tenants.intake.models import Batch, Clip
from tenants.projects.models import Camera, OntologyVersion, Project, Site
from workforce.delivery.models import ClockEvent, OpenSeams, Release
from workforce.labels.models import LabelSet
from workforce.people.models import Availability, Shift, Skill, Standing, Worker
from workforce.quality.models import Consensus, Evidence, GoldTruth, ReviewDecision, Score, Trust
from workforce.redaction.models import RedactionRun
from workforce.tasks.models import QueueEntry, Task

TASK_FRAMES = 100
TASKS_A_CLIP = 40
CLIPS_A_BATCH = 25
CAMERAS_A_PROJECT = 4
RELEASES_A_PROJECT = 10
GOLD_A_PROJECT = 20
MONTHS, LINES_AN_INVOICE = 36, 400
WORKERS, EVIDENCE_A_WORKER, STATEMENT_LINES = 60, 300, 5_000
TASKS_A_LOG_ENTRY, NOTICES_A_PERSON, TASKS_A_JOB = 10, 1_000, 10
#: Of a hundred clips by age: accepted, and those beside them that are handed in. Others are open.
ACCEPTED, HANDED_IN = 60, 75
#: One of so many clips was refused; of so many tasks a second person labelled one.
REFUSED, TWICE = 97, 5_000


@dataclass(frozen=True, slots=True)
class Size:
    """Projects, and tasks of each."""

    projects: int
    tasks: int

    @property
    def clips(self) -> int:
        """Clips of a project."""
        return max(1, self.tasks // TASKS_A_CLIP)

    @property
    def total(self) -> int:
        """Tasks of all projects."""
        return self.projects * self.tasks


class Multiplier:
    """Copies rows of models with `INSERT ... SELECT`."""

    def __init__(self, connection: psycopg.Connection, tenant: UUID) -> None:
        self.connection = connection
        self.run(f"set app.tenant = '{tenant}'")
        self.run("set app.system = 'on'")

    def run(self, statement: str, **values: object) -> int:
        """Give how many rows it touched."""
        return self.connection.execute(statement, values or None).rowcount

    def one(self, statement: str, **values: object) -> UUID:
        """Give the first value of the first row."""
        return self.connection.execute(statement, values).fetchone()[0]

    def copy(self, model: type[Model], source: UUID | int, rows: str, /, **columns: str) -> int:
        """Insert the row `source` once for each of `rows`, with other values in some columns."""
        names = [
            field.column
            for field in model._meta.concrete_fields
            if not isinstance(field, GeneratedField)
            and not field.get_internal_type().endswith("AutoField")
        ]
        if "id" in names:
            columns.setdefault("id", "gen_random_uuid()")
        unknown = set(columns) - set(names)
        if unknown:
            raise ValueError(f"{model.__name__} has no {unknown}")
        values = ", ".join(columns.get(name, f's."{name}"') for name in names).replace("%", "%%")
        rows = rows.replace("%", "%%")
        quoted = ", ".join(f'"{name}"' for name in names)
        key = model._meta.pk.column
        return self.run(
            f'insert into "{model._meta.db_table}" ({quoted}) select {values} '
            f'from "{model._meta.db_table}" s cross join ({rows}) b where s."{key}" = %(source)s',
            source=source,
        )

    def keep(self, name: str, rows: str) -> None:
        """Keep rows under a name, until the benchmark's database goes."""
        self.run(f"create unlogged table {name} as {rows}")
        self.run(f"analyze {name}")


def multiply(connection: psycopg.Connection, cast, house, size: Size) -> None:
    """Fill the client's scope; `house`: ids of one row of each kind."""
    work = Multiplier(connection, cast.harbour.id)
    _places(work, cast, house, size)
    work.run("set session_replication_role = replica")
    _people(work, cast, house)
    _tasks(work, house)
    _queue(work, cast, house)
    _labels(work, cast, house)
    _delivery(work, house)
    _money(work, cast, house)
    _desk(work, cast, house, size)
    work.run("set session_replication_role = origin")
    work.run("vacuum analyze")


def _places(work: Multiplier, cast, house, size: Size) -> None:
    """Projects, sites, cameras, batches and clips, whose names the search keeps."""

    work.keep(
        "bench_project",
        "select n, gen_random_uuid() id, gen_random_uuid() ontology, gen_random_uuid() site "
        f"from generate_series(1, {size.projects}) n",
    )
    work.copy(
        Project, house.project, "select * from bench_project",
        id="b.id", name="'Quay ' || b.n", slug="'quay-' || b.n",
        created_at="now() - b.n * interval '3 days'",
    )  # fmt: skip
    newest = work.one(
        "select id from projects_ontologyversion where project_id = %(p)s order by number desc",
        p=house.project,
    )
    work.copy(
        OntologyVersion, newest, "select * from bench_project",
        id="b.ontology", project_id="b.id", number="1",
    )  # fmt: skip
    where = {"t": cast.harbour.id}
    camera = work.one("select id from projects_camera where tenant_id = %(t)s", **where)
    site = work.one("select site_id from projects_camera where id = %(c)s", c=camera)
    work.copy(Site, site, "select * from bench_project", id="b.site", name="'Site ' || b.n")
    work.keep(
        "bench_camera",
        "select p.n project, k, gen_random_uuid() id, p.site from bench_project p, "
        f"generate_series(1, {CAMERAS_A_PROJECT}) k",
    )
    work.copy(
        Camera, camera, "select * from bench_camera",
        id="b.id", site_id="b.site", name="'Camera ' || b.k",
    )  # fmt: skip
    work.keep(
        "bench_batch",
        "select p.n project, p.id project_id, k, gen_random_uuid() id from bench_project p, "
        f"generate_series(1, {-(-size.clips // CLIPS_A_BATCH)}) k",
    )
    work.copy(
        Batch, house.batch, "select * from bench_batch",
        id="b.id", project_id="b.project_id", name="'Week ' || b.k",
        created_at="now() - b.k * interval '7 days'",
    )  # fmt: skip
    work.keep(
        "bench_clip",
        "select p.n project, p.id project_id, p.ontology, g.k, gen_random_uuid() id, c.id camera, "
        f"a.id batch, 100.0 * g.k / {size.clips} share, least({size.tasks}, {TASKS_A_CLIP}) tasks, "
        f"now() - interval '1 day' * (({size.clips} - g.k) * 90.0 / {size.clips} + random()) came "
        f"from bench_project p cross join generate_series(1, {size.clips}) g(k) "
        f"join bench_camera c on c.project = p.n and c.k = 1 + g.k % {CAMERAS_A_PROJECT} "
        f"join bench_batch a on a.project = p.n and a.k = 1 + (g.k - 1) / {CLIPS_A_BATCH}",
    )
    work.copy(
        Clip, house.clip, "select * from bench_clip",
        id="b.id", project_id="b.project_id", camera_id="b.camera", batch_id="b.batch",
        filename="'quay-' || b.project || '_' || b.k || '.mp4'",
        frame_count=str(TASKS_A_CLIP * TASK_FRAMES), duration=str(TASKS_A_CLIP * TASK_FRAMES / 25),
        created_at="b.came", starts_at="b.came - interval '1 day'",
        prepared_at="b.came + interval '10 minutes'",
        state=f"case when b.k % {REFUSED} = 0 then 'refused' else 'ready' end",
    )  # fmt: skip


def _people(work: Multiplier, cast, house) -> None:
    """Annotators of the vendor, with what they hold and how they did."""

    work.keep(
        "bench_worker",
        "select n, gen_random_uuid() person, gen_random_uuid() worker "
        f"from generate_series(1, {WORKERS}) n",
    )
    anna = cast.anna.id
    every = "select * from bench_worker"
    work.copy(
        Person, anna, every,
        id="b.person", email="'annotator-' || b.n || '@example.org'", name="'Annotator ' || b.n",
    )  # fmt: skip
    work.copy(
        Membership, work.one("select id from access_membership where user_id = %(p)s", p=anna),
        every, user_id="b.person",
    )  # fmt: skip
    work.copy(Worker, house.worker, every, id="b.worker", user_id="b.person")
    for model, column in ((Skill, "worker_id"), (Shift, "worker_id")):
        row = work.one(
            f"select id from {model._meta.db_table} where worker_id = %(w)s", w=house.worker
        )
        work.copy(model, row, every, **{column: "b.worker"})
    for model in (Standing, Availability):
        row = work.one(f"select id from {model._meta.db_table} where person_id = %(p)s", p=anna)
        work.copy(model, row, every, person_id="b.person")
    trust = work.one("select id from quality_trust where person_id = %(p)s", p=anna)
    work.copy(Trust, trust, every, person_id="b.person")
    evidence = work.one("select id from quality_evidence where person_id = %(p)s", p=anna)
    work.copy(
        Evidence, evidence,
        f"select w.person, g.k from ({every} union all select 0, '{anna}', null) w, "
        f"generate_series(1, {EVIDENCE_A_WORKER}) g(k)",
        person_id="b.person", score_id="gen_random_uuid()",
        scored_at="now() - b.k * interval '5 hours'",
    )  # fmt: skip


def _tasks(work: Multiplier, house) -> None:

    work.keep(
        "bench_task",
        "select gen_random_uuid() id, gen_random_uuid() label_set, c.id clip, c.project_id, "
        "c.ontology, c.camera, c.project, g.n, c.came, w.person, w.n worker, case "
        f"when c.share <= {ACCEPTED} then 'accepted' when c.share <= {HANDED_IN} then 'submitted' "
        "else 'open' end state from bench_clip c cross join lateral generate_series(0, c.tasks - 1)"
        f" g(n) join bench_worker w on w.n = 1 + (c.k + g.n) % {WORKERS} "
        f"where c.k % {REFUSED} <> 0",
    )
    work.copy(
        Task, house.submitted, "select * from bench_task",
        id="b.id", project_id="b.project_id", clip_id="b.clip", ontology_id="b.ontology",
        start_frame=f"b.n * {TASK_FRAMES}", end_frame=f"(b.n + 1) * {TASK_FRAMES} - 1",
        state="b.state", rounds="case b.state when 'open' then 0 else 1 end",
        created_at="b.came + interval '1 hour'",
    )  # fmt: skip


def _queue(work: Multiplier, cast, house) -> None:
    """A piece of work for each open task and each that waits for a review; and what is done."""

    entry = work.one(
        "select id from tasks_queueentry where task_id = %(t)s and work = 'annotate'",
        t=house.submitted,
    )
    common = {
        "task_id": "b.id", "project_id": "b.project_id", "camera_id": "b.camera",
        "created_at": "b.came + interval '1 hour'", "due_at": "b.came + interval '30 days'",
        "token": "1", "lease_until": "null", "reserved_for": "null", "reserved_until": "null",
    }  # fmt: skip
    kinds = (
        ("annotate", "state = 'open'", "state <> 'open'", "b.person", 5),
        ("review", "state = 'submitted'", "state = 'accepted' and n % 4 = 0", "b.rita", 8),
    )
    for kind, waiting, done, lessee, hours in kinds:
        rows = f"select t.*, '{cast.rita.id}'::uuid rita from bench_task t where"
        work.copy(
            QueueEntry, entry, f"{rows} {waiting}", **common, work=f"'{kind}'", state="'waiting'",
            lessee="null", leased_at="null", finished_at="null",
            excluded="case when b.state = 'open' then '{}' else array[b.person] end",
        )  # fmt: skip
        work.copy(
            QueueEntry, entry, f"{rows} {done}", **common, work=f"'{kind}'", state="'done'",
            lessee=lessee, leased_at=f"b.came + interval '{hours} hours'",
            finished_at=f"b.came + interval '{hours + 1} hours'", excluded="'{}'",
        )  # fmt: skip


def _labels(work: Multiplier, cast, house) -> None:
    """What was handed in, reviewed and measured."""

    task = {"t": house.submitted}
    work.copy(
        LabelSet, work.one("select id from labels_labelset where task_id = %(t)s", **task),
        "select * from bench_task where state <> 'open'",
        id="b.label_set", task_id="b.id", author_id="b.person",
        submitted_at="b.came + interval '6 hours'",
    )  # fmt: skip
    work.copy(
        ReviewDecision, work.one("select id from quality_reviewdecision where true limit 1"),
        "select * from bench_task where state = 'accepted' and n % 4 = 0",
        task_id="b.id", label_set_id="b.label_set", outcome="'accept'", reasons="'[]'",
        decided_at="b.came + interval '9 hours'",
    )  # fmt: skip
    work.copy(
        Consensus, work.one("select id from quality_consensus where task_id = %(t)s",
                            t=house.two_sided),
        f"select *, row_number() over () r from bench_task where state = 'submitted' "
        f"and worker = 1 and n = 1 limit {TWICE}",
        task_id="b.id", first_id="b.label_set", copy_id="gen_random_uuid()",
    )  # fmt: skip
    work.keep(
        "bench_gold",
        "select gen_random_uuid() id, p.id project_id, p.ontology, c.id clip, g.k "
        f"from bench_project p cross join generate_series(1, {GOLD_A_PROJECT}) g(k) "
        "join bench_clip c on c.project = p.n and c.k = 1",
    )
    work.copy(
        GoldTruth, house.gold, "select * from bench_gold",
        id="b.id", project_id="b.project_id", clip_id="b.clip", ontology_id="b.ontology",
        replaces_id="null",
    )  # fmt: skip
    work.copy(
        Score, work.one("select id from quality_score where person_id = %(p)s", p=cast.anna.id),
        "select g.*, w.person from bench_gold g join bench_worker w on (g.k + w.n) % 6 = 0",
        truth_id="b.id", project_id="b.project_id", person_id="b.person",
        label_set_id="gen_random_uuid()",
        scored_at="now() - random() * interval '60 days'",
    )  # fmt: skip


def _delivery(work: Multiplier, house) -> None:
    """Clocks, copies with faces hidden, open questions, and versions of each project."""

    event = work.one("select id from delivery_clockevent where action = 'start' limit 1")
    policy = work.one("select coalesce((select id from delivery_slapolicy limit 1), null)")
    pinned = f"'{policy}'::uuid" if policy else "null"
    for action, after, which, pins in (
        ("start", "10 minutes", "true", pinned),
        ("pause", "2 days", "k % 50 = 0", "null"),
        ("stop", "20 days", f"share <= {ACCEPTED}", "null"),
    ):
        work.copy(
            ClockEvent, event, f"select * from bench_clip where {which}",
            clip_id="b.id", action=f"'{action}'", at=f"b.came + interval '{after}'",
            recorded_at=f"b.came + interval '{after}'", policy_id=pins,
        )  # fmt: skip
    work.copy(
        RedactionRun, work.one("select id from redaction_redactionrun limit 1"),
        f"select * from bench_clip where share <= {HANDED_IN}",
        clip_id="b.id", created_at="b.came + interval '2 days'",
        finished_at="b.came + interval '2 days 10 minutes'",
    )  # fmt: skip
    work.copy(
        OpenSeams, work.one("select id from delivery_openseams limit 1"),
        f"select * from bench_clip where share <= {ACCEPTED}",
        clip_id="b.id", questions="case when b.k % 20 = 0 then 3 else 0 end", frames="'[]'",
    )  # fmt: skip
    work.keep(
        "bench_release",
        "select gen_random_uuid() id, p.id project_id, p.n project, r from bench_project p, "
        f"generate_series(1, {RELEASES_A_PROJECT}) r",
    )
    held = (
        "select r.*, h.clips, h.manifest, h.units from bench_release r cross join lateral (select "
        "jsonb_agg(c.id::text) clips, jsonb_object_agg(c.id::text, "
        """'{"frame": 4000, "keyframe": 900, "object": 60}'::jsonb) units, """
        "jsonb_build_object('clips', jsonb_agg(s.manifest->'clips'->0 || "
        "jsonb_build_object('clip', c.id::text))) manifest from bench_clip c, "
        f"delivery_release s where s.id = '{house.accepted_release}' and c.project = r.project "
        f"and c.share <= {ACCEPTED} and c.k % {RELEASES_A_PROJECT} = r.r - 1) h "
        "where h.clips is not null"
    )
    work.copy(
        Release, house.accepted_release, held,
        id="b.id", project_id="b.project_id", number="b.r", clips="b.clips",
        manifest="b.manifest", units="b.units",
        created_at="now() - (20 - b.r) * interval '3 days'",
        ready_at="now() - (20 - b.r) * interval '3 days'",
    )  # fmt: skip


def _money(work: Multiplier, cast, house) -> None:
    """Invoices of the client with their lines, and what the vendor is owed."""

    work.keep(
        "bench_invoice",
        f"select gen_random_uuid() id, m from generate_series(1, {MONTHS}) m",
    )
    work.copy(
        Invoice, house.invoice, "select * from bench_invoice",
        id="b.id", sequence="1000 + b.m", number="'HARBOUR-' || (1000 + b.m)",
        issued_at="now() - b.m * interval '1 month'",
        due_at="now() - b.m * interval '1 month' + interval '30 days'",
    )  # fmt: skip
    work.keep(
        "bench_reading",
        "select gen_random_uuid() id, x.clip, i.id invoice, x.position from (select c.id clip, "
        "row_number() over (order by c.came) r, "
        f"(row_number() over (order by c.came)) % {LINES_AN_INVOICE} position from bench_clip c "
        f"where c.share <= {ACCEPTED}) x join bench_invoice i "
        f"on i.m = 1 + x.r / {LINES_AN_INVOICE}",
    )
    line = work.one(
        "select id from invoicing_line where invoice_id = %(i)s and unit = 'object'",
        i=house.invoice,
    )
    reading = work.one("select reading_id from invoicing_line where id = %(l)s", l=line)
    every = "select * from bench_reading"
    work.copy(Reading, reading, every, id="b.id", clip_id="b.clip", source="'bench/' || b.clip")
    work.copy(
        Line, line, every,
        invoice_id="b.invoice", reading_id="b.id", position="b.position",
    )  # fmt: skip
    work.copy(
        Charged, work.one("select id from invoicing_charged limit 1"), every,
        invoice_id="b.invoice", reading_id="b.id", position="b.position",
    )  # fmt: skip
    work.run(
        "insert into statements_workreading (id, tenant_id, source, client, unit, quantity, "
        "metered_at) select gen_random_uuid(), %(vendor)s, 'bench/' || n, 'harbour', 'object', 3, "
        f"now() from generate_series(1, {STATEMENT_LINES}) n",
        vendor=cast.northlight.id,
    )


def _desk(work: Multiplier, cast, house, size: Size) -> None:
    """Jobs, uploads under way, notices, and entries of the log, which the sequencer will order."""

    job = work.one("select id from outbox_job where state = 'dead'")
    work.copy(
        Job, job, f"select n from generate_series(1, {size.total // TASKS_A_JOB}) n",
        state="case when b.n % 200 = 0 then 'dead' else 'done' end",
        created_at="now() - b.n * interval '1 minute'",
        finished_at="now() - b.n * interval '1 minute'",
    )  # fmt: skip
    work.run(
        f"insert into {Notice._meta.db_table} (id, tenant_id, person_id, kind, key, parts, path, "
        "created_at) select gen_random_uuid(), %(tenant)s, p, 'clip.refused', 'bench-' || n, "
        """'{"clip": "quay.mp4", "reason": "The file is cut short."}', '', """
        "now() - n * interval '1 hour' "
        f"from unnest(%(people)s::uuid[]) p, generate_series(1, {NOTICES_A_PERSON}) n",
        tenant=cast.harbour.id,
        people=[cast.clara.id],
    )
    work.run(
        f"insert into {Mark._meta.db_table} (id, person_id, tenant_id, kind, created_at, in_digest)"
        " select id, person_id, tenant_id, kind, created_at, false from "
        f"{Notice._meta.db_table} where key like 'bench-%%'"
    )
    work.keep(
        "bench_entry",
        "select gen_random_uuid() id, n "
        f"from generate_series(1, {size.total // TASKS_A_LOG_ENTRY}) n",
    )
    work.copy(
        AuditEntry, house.entry, "select * from bench_entry",
        id="b.id", time="now() - b.n * interval '3 minutes'",
        body="convert_to(replace(convert_from(s.body, 'UTF8'), s.id::text, b.id::text), 'UTF8')",
        leaf_hash="sha256('\\x00'::bytea || convert_to(replace(convert_from(s.body, 'UTF8'), "
        "s.id::text, b.id::text), 'UTF8'))",
    )  # fmt: skip
    work.run(
        "insert into audit_auditpending (tenant_id, entry_id, leaf_hash, xid) select e.tenant_id, "
        "e.id, e.leaf_hash, pg_current_xact_id() from audit_auditentry e join bench_entry b "
        "on b.id = e.id"
    )
