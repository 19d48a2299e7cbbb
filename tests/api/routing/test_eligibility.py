"""Who may take what, part by part: the lease refuses by the part that the explanation names."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from core.access.actors import Actor
from core.access.models import Engagement, Membership
from core.audit.models import AuditEntry
from core.clock import frozen, now
from core.errors import Conflict, LeaseLost
from core.outbox.models import Event
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip
from workforce.people.hours import Hours, OtherDay, set_hours
from workforce.people.models import Worker
from workforce.people.services import disqualify, qualify, set_capacity
from workforce.people.standing import set_gate
from workforce.routing.eligibility import PARTS, explain
from workforce.routing.lease import lease_next
from workforce.routing.models import Decision
from workforce.tasks.leases import LEASE, release, sweep_expired, sweep_reservations
from workforce.tasks.models import QueueEntry

#: A Wednesday, 10:00 in Brussels.
WEDNESDAY = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.fixture
def floor(cast):
    """One task, and Anna who may take it."""
    Engagement.objects.update(starts_at=WEDNESDAY - timedelta(days=400))
    hire(cast, cast.anna)
    cut(cast, make_clip(cast, frames=50))
    with scope(cast.northlight.id):
        worker = Worker.objects.get()
    return Floor(cast, worker)


class Floor:
    def __init__(self, cast, worker):
        self.cast, self.worker = cast, worker
        self.place = {
            "actor": Actor.person(cast.nora),
            "vendor": cast.northlight.id,
            "worker_id": worker.id,
        }

    def work(self, **values):
        QueueEntry.objects.update(**values)

    def give(self, kind, value, **dates):
        return qualify(**self.place, kind=kind, value=value, **dates)

    def pull(self, work="annotate", another=False):
        try:
            return lease_next(
                actor=Actor.person(self.cast.anna),
                vendor=self.cast.northlight.id,
                work=work,
                another=another,
            )
        except Conflict:
            return None

    def refused_by(self):
        """The parts that fail; the lease agrees with them."""
        entry = QueueEntry.objects.get()
        checks = explain(vendor=self.cast.northlight.id, person=self.cast.anna.id, entry=entry.id)
        failed = [check.name for check in checks if not check.holds]
        leased = self.pull(entry.work)
        assert (leased is None) == bool(failed), failed
        if leased is not None:
            release(
                actor=Actor.person(self.cast.anna),
                task_id=entry.task_id,
                token=leased.entry.token,
            )
        return failed


def test_whoever_fits_is_told_what_was_checked(floor):
    entry = QueueEntry.objects.get()
    checks = explain(vendor=floor.cast.northlight.id, person=floor.cast.anna.id, entry=entry.id)
    assert all(check.holds for check in checks)
    texts = {check.name: check.text for check in checks}
    assert texts["skill"] == "Skill boxes, level 1 or more"
    assert not {"certificate", "nda"} & set(texts), "what the work does not ask is not told"
    assert floor.refused_by() == []


@pytest.mark.parametrize("kind", ["certificate", "clearance", "language"])
def test_a_paper_opens_its_work_while_it_is_valid(floor, kind):
    value = "en" if kind == "language" else "port-area"
    floor.work(**{kind: value})
    assert floor.refused_by() == [kind]
    floor.give(kind, value, expires_at=now() + timedelta(days=1))
    assert floor.refused_by() == []
    with frozen(now() + timedelta(days=2)):
        assert floor.refused_by() == [kind]
    held = floor.give(kind, value, starts_at=now() + timedelta(hours=1))
    assert floor.refused_by() == [kind]
    disqualify(**floor.place, qualification_id=held.id)
    assert floor.refused_by() == [kind]


def test_an_nda_counts_for_its_client_only(floor):
    floor.work(nda=True)
    assert floor.refused_by() == ["nda"]
    floor.give("nda", "harbour")
    assert floor.refused_by() == []
    QueueEntry.objects.update(tenant_id=floor.cast.museum.id)
    assert set(floor.refused_by()) == {"nda", "engaged"}


def test_a_conflict_of_interest_shuts_the_client_and_an_allow_list_all_others(floor):
    held = floor.give("conflict", "harbour")
    assert floor.refused_by() == ["conflict"]
    disqualify(**floor.place, qualification_id=held.id)
    Engagement.objects.create(client=floor.cast.museum, vendor=floor.cast.northlight)
    floor.give("only_for", "museum")
    assert floor.refused_by() == ["clients"]
    floor.give("only_for", "harbour")
    assert floor.refused_by() == []


def test_a_level_is_reached_or_not(floor):
    from workforce.people.services import earn_level

    floor.work(level=3)
    assert floor.refused_by() == ["skill"]
    for level, failed in ((2, ["skill"]), (3, []), (5, [])):
        earn_level(
            actor=Actor.system("quiz"),
            vendor=floor.cast.northlight.id,
            person=floor.cast.anna.id,
            task_type="boxes",
            level=level,
        )
        assert floor.refused_by() == failed


def test_the_gate_of_quality_shuts_a_skill(floor):
    gate = {"vendor": floor.cast.northlight.id, "person": floor.cast.anna.id, "skill": "boxes"}
    set_gate(**gate, closed=True)
    assert floor.refused_by() == ["trust"]
    set_capacity(**floor.place, tasks_at_once=3)
    assert floor.refused_by() == ["trust"], "a change of the worker opens no gate"
    set_gate(**gate, closed=False)
    assert floor.refused_by() == []


def test_nobody_reviews_their_own_work_or_without_the_role(floor):
    cast = floor.cast
    floor.work(work="review")
    assert floor.refused_by() == ["role"]
    Membership.objects.create(user=cast.anna, organization=cast.northlight, role="reviewer")
    floor.work(excluded=[cast.anna.id])
    assert floor.refused_by() == ["own_work"]
    floor.work(excluded=[cast.amir.id])
    assert floor.refused_by() == []


def test_who_has_left_or_rests_gets_nothing(floor):
    set_capacity(**floor.place, active=False)
    assert floor.refused_by() == ["active"]
    set_capacity(**floor.place, active=True)
    Membership.objects.filter(user=floor.cast.anna).delete()
    assert floor.refused_by() == ["member"]


@pytest.mark.parametrize(
    ("hours", "works"),
    [(0, True), (6, True), (7, False), (-1, True), (-2, False), (24, True), (48, False)],
)
def test_shifts_are_told_in_the_person_s_own_time(floor, hours, works):
    set_capacity(**floor.place, time_zone="Europe/Brussels")
    pattern = [Hours(2, 9 * 60, 8 * 60), Hours(3, 9 * 60, 8 * 60)]
    set_hours(**floor.place, shifts=pattern)
    with frozen(WEDNESDAY + timedelta(hours=hours)):
        assert floor.refused_by() == ([] if works else ["shift"])


def test_a_night_shift_passes_midnight_and_the_week(floor):
    set_hours(**floor.place, shifts=[Hours(6, 22 * 60, 8 * 60)])
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    for hour, failed in ((5, []), (6, ["shift"]), (-1, []), (-3, ["shift"])):
        with frozen(monday + timedelta(hours=hour)):
            assert floor.refused_by() == failed


def test_summer_time_moves_the_shift_with_the_clock_on_the_wall(floor):
    set_capacity(**floor.place, time_zone="Europe/Brussels")
    set_hours(**floor.place, shifts=[Hours(day, 9 * 60, 60) for day in range(7)])
    for instant in (
        datetime(2026, 1, 5, 8, 30, tzinfo=UTC),
        datetime(2026, 7, 6, 7, 30, tzinfo=UTC),
    ):
        with frozen(instant):
            assert floor.refused_by() == []
        with frozen(instant + timedelta(hours=1)):
            assert floor.refused_by() == ["shift"]


def test_a_day_off_and_a_day_with_other_hours_replace_the_pattern(floor):
    day = WEDNESDAY.date()
    pattern = [Hours(2, 8 * 60, 4 * 60)]
    with frozen(WEDNESDAY):
        set_hours(**floor.place, shifts=pattern, exceptions=[OtherDay(day)])
        assert floor.refused_by() == ["shift"]
        set_hours(**floor.place, shifts=pattern, exceptions=[OtherDay(day, 13 * 60, 60)])
        assert floor.refused_by() == ["shift"]
        set_hours(**floor.place, shifts=[], exceptions=[OtherDay(day)])
        assert floor.refused_by() == ["shift"]
    with frozen(WEDNESDAY + timedelta(hours=4, minutes=30)):
        set_hours(**floor.place, shifts=pattern, exceptions=[OtherDay(day, 13 * 60, 60)])
        assert floor.refused_by() == []


def test_capacity_counts_what_is_in_hand_and_the_hours_of_the_day(floor):
    cut(floor.cast, make_clip(floor.cast, frames=150))
    set_capacity(**floor.place, tasks_at_once=2, minutes_per_day=60)
    with frozen(WEDNESDAY - timedelta(seconds=1)):
        taken = [floor.pull(another=True)]
    with frozen(WEDNESDAY):
        taken.append(floor.pull(another=True))
        assert len({leased.entry.id for leased in taken}) == 2
        assert floor.pull(another=True) is None
        assert floor.pull().entry.id == taken[0].entry.id, "the current lease is given again"
        QueueEntry.objects.filter(state="leased").update(state="done", finished_at=now())
    with frozen(WEDNESDAY + timedelta(minutes=30)):
        assert floor.pull() is not None
    with frozen(WEDNESDAY + timedelta(minutes=95)):
        QueueEntry.objects.filter(state="leased").update(state="done", finished_at=now())
        assert floor.pull() is None
    with frozen(WEDNESDAY + timedelta(days=1)):
        assert floor.pull() is not None


def test_a_reservation_holds_until_it_lapses(floor):
    floor.work(reserved_for=uuid4(), reserved_until=now() + timedelta(minutes=10))
    assert floor.refused_by() == ["reserved"]
    with frozen(now() + timedelta(minutes=11)):
        assert sweep_reservations() == 1
        assert floor.refused_by() == []


def test_what_is_reserved_for_a_person_comes_first(floor):
    cut(floor.cast, make_clip(floor.cast, frames=150))
    last = QueueEntry.objects.order_by("-id").first()
    QueueEntry.objects.filter(id=last.id).update(
        priority=9, reserved_for=floor.cast.anna.id, reserved_until=now() + timedelta(minutes=5)
    )
    leased = floor.pull()
    assert leased.entry.id == last.id


def test_an_explanation_of_what_is_not_there_is_empty(floor):
    vendor, entry = floor.cast.northlight.id, QueueEntry.objects.get().id
    assert explain(vendor=vendor, person=floor.cast.amir.id, entry=entry) == []
    assert explain(vendor=vendor, person=floor.cast.anna.id, entry=uuid4()) == []
    assert len({part.name for part in PARTS}) == len(PARTS)


def test_of_many_pulls_at_once_no_task_goes_to_two_and_nobody_is_over_their_limit(committed_cast):
    cast = committed_cast
    people = [cast.anna, cast.amir, cast.rita]
    hire(cast, *people)
    cut(cast, make_clip(cast, frames=50 * 30))
    gate, taken, errors = threading.Barrier(12), [], []

    def work(person):
        gate.wait()
        try:
            for _ in range(4):
                leased = lease_next(
                    actor=Actor.person(person),
                    vendor=cast.northlight.id,
                    work="annotate",
                    another=True,
                )
                if leased:
                    taken.append(leased.entry.id)
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(person,)) for person in people * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert len(set(taken)) == len(taken)
    leased = QueueEntry.objects.filter(state="leased")
    assert sorted(leased.values_list("id", flat=True)) == sorted(taken)
    for person in people:
        assert leased.filter(lessee=person.id).count() == 2, "two at once, from four windows"
    tasks = sorted(str(task) for task in leased.values_list("task_id", flat=True))
    with scope(cast.harbour.id):
        logged = AuditEntry.objects.filter(action="lease.taken").values_list(
            "subject_id", flat=True
        )
        decided = Decision.objects.values_list("task_id", flat=True)
        assert sorted(logged) == sorted(map(str, decided)) == tasks
    events = Event.objects.filter(topic="lease.taken")
    assert sorted(event.data["task"] for event in events) == tasks


def test_no_sequence_of_pull_expire_release_and_reserve_gives_one_task_to_two(cast):  # noqa: C901 - rules
    Engagement.objects.update(starts_at=WEDNESDAY - timedelta(days=400))
    people = [cast.anna, cast.amir, cast.rita]
    hire(cast, *people)
    cut(cast, make_clip(cast, frames=150))
    start = QueueEntry.objects.count()

    class Leases(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            QueueEntry.objects.update(
                state="waiting", lessee=None, lease_until=None, reserved_for=None,
                reserved_until=None,
            )  # fmt: skip
            self.instant = WEDNESDAY
            self.tokens = {}

        @rule(who=st.integers(0, 2), another=st.booleans())
        def pull(self, who, another):
            with frozen(self.instant):
                leased = lease_next(
                    actor=Actor.person(people[who]),
                    vendor=cast.northlight.id,
                    work="annotate",
                    another=another,
                )
            if leased:
                task, token = leased.entry.task_id, leased.entry.token
                holder, known = self.tokens.get(task, (who, 0))
                assert token > known or holder == who, "the token rises with each holder"
                self.tokens[task] = (who, token)

        @rule(minutes=st.sampled_from([1, 10, 20]))
        def pass_time(self, minutes):
            self.instant += timedelta(minutes=minutes)

        @rule()
        def sweep(self):
            with frozen(self.instant):
                sweep_expired()
                sweep_reservations()
                assert not QueueEntry.objects.filter(
                    state="leased", lease_until__lte=self.instant
                ).exists()

        @rule(who=st.integers(0, 2))
        def give_back(self, who):
            for task, (holder, token) in self.tokens.items():
                entry = QueueEntry.objects.get(task_id=task)
                alive = (
                    entry.state == "leased"
                    and entry.lessee == people[who].id
                    and entry.lease_until > self.instant
                )
                with frozen(self.instant):
                    try:
                        release(actor=Actor.person(people[who]), task_id=task, token=token)
                    except LeaseLost:
                        assert not (alive and holder == who)
                    else:
                        assert alive

        @rule(who=st.integers(0, 2), index=st.integers(0, start - 1))
        def reserve(self, who, index):
            entry = QueueEntry.objects.order_by("id")[index]
            QueueEntry.objects.filter(id=entry.id, state="waiting").update(
                reserved_for=people[who].id, reserved_until=self.instant + LEASE
            )

        @invariant()
        def each_task_has_one_holder(self):
            rows = QueueEntry.objects.all()
            assert len(rows) == start
            for row in rows:
                assert (row.state == "leased") == (row.lessee is not None)

    run_state_machine_as_test(
        Leases, settings=settings(max_examples=12, stateful_step_count=12, deadline=None)
    )
