"""Statements that go to the server together: one transaction, planned once, errors as usual."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction

from core.tenancy.models import Organization
from core.tenancy.scope import in_one_transaction, opening, scope
from core.tenancy.statements import run_prepared, run_together

ADD = """
insert into tenancy_organization (id, slug, kind, state, state_reason, created_at)
values (gen_random_uuid(), %(slug)s, 'client', 'active', '', now()) returning slug"""
COUNT = "select count(*) from tenancy_organization where slug like %(like)s"
HERE = "select current_setting('app.tenant', true)"


def add(slug):
    return ADD, {"slug": slug}


def test_each_statement_sees_what_those_before_it_did(committed_db):
    rows = run_together([add("pier-a"), (COUNT, {"like": "pier-_"}), add("pier-b")])

    assert rows == [[("pier-a",)], [(1,)], [("pier-b",)]]
    connection.close()
    assert Organization.objects.filter(slug__startswith="pier-").count() == 2


def test_all_of_them_hold_or_none(committed_db):
    run_together([add("pier-a")])
    with pytest.raises(IntegrityError):
        run_together([add("pier-b"), add("pier-a"), add("pier-c")])
    with pytest.raises(ProgrammingError):
        run_together([add("pier-d"), ("select no_such_column", {})])

    assert run_together([(COUNT, {"like": "pier-%"})]) == [[(1,)]]


def kept(sql):
    rows = run_prepared("select statement from pg_prepared_statements", {})
    return [text for (text,) in rows if text == sql]


def test_they_stay_planned_on_their_connection(db):
    ask = "select %(number)s::int + 1"
    for number in range(3):
        both = [(ask, {"number": number}), (ask, {"number": 7})]
        assert run_together(both) == [[(number + 1,)], [(8,)]]
    assert len(kept("select $1::int + 1")) == 1


def test_a_rollback_leaves_them_planned(committed_db):
    """psycopg has the server forget what it prepared itself, not what is prepared here."""
    for _ in range(3):
        with transaction.atomic():
            assert run_prepared("select %(number)s::int + 2", {"number": 1}) == [(3,)]
            Organization.objects.count()
            transaction.set_rollback(True)
    assert len(kept("select $1::int + 2")) == 1


def test_in_a_transaction_of_the_caller_s_they_are_a_part_of_it(committed_db):
    with transaction.atomic():
        run_together([add("pier-a")])  # the first of all: it begins the transaction
        run_together([add("pier-b")])
        transaction.set_rollback(True)

    assert not Organization.objects.filter(slug__startswith="pier-").exists()


def test_the_last_of_a_transaction_are_committed_with_it(committed_db):
    with pytest.raises(IntegrityError), transaction.atomic():
        run_together([add("pier-a"), add("pier-a")], last=True)
    with transaction.atomic():
        run_together([add("pier-a")])
        run_together([add("pier-b")], last=True)
        with connections["owner"].cursor() as elsewhere:
            elsewhere.execute("select slug from tenancy_organization where slug like 'pier-%'")
            assert sorted(elsewhere.fetchall()) == [("pier-a",), ("pier-b",)]

    assert run_together([(COUNT, {"like": "pier-%"})]) == [[(2,)]]


def test_within_another_transaction_nothing_is_the_last(committed_db):
    with transaction.atomic():
        with transaction.atomic():
            run_together([add("pier-a")], last=True)
        transaction.set_rollback(True)

    assert run_together([(COUNT, {"like": "pier-%"})]) == [[(0,)]]


def test_a_scope_that_a_statement_opened_ends_with_it(committed_cast):
    museum, harbour = committed_cast.museum.id, committed_cast.harbour.id
    opens = (
        f"select {opening('%(tenant)s::uuid')}",
        {"tenant": museum, "asker": "", "system": "on"},
    )
    assert in_one_transaction([opens, (HERE, {})])[1] == [(str(museum),)]
    assert run_together([(HERE, {})]) == [[("",)]]

    with scope(harbour):
        assert in_one_transaction([opens, (HERE, {})])[1] == [(str(museum),)]
        assert run_together([(HERE, {})]) == [[(str(harbour),)]]


def test_an_error_takes_back_that_trip_and_not_the_caller_s_transaction(cast):
    with scope(cast.harbour.id):
        with pytest.raises(IntegrityError):
            in_one_transaction([add("pier-a"), add("pier-a")])
        assert run_together([(COUNT, {"like": "pier-%"}), (HERE, {})]) == [
            [(0,)],
            [(str(cast.harbour.id),)],
        ]
