"""Entries behind the cursor without an index: told of, and taken up at the end of their log."""

import pytest
from django.core.management import call_command

from core.audit import missed, sequencer
from tests.unit.audit.test_sequencer import check_log, drain, renumber, write


@pytest.fixture
def harbour(committed_cast):
    return committed_cast.harbour.id


@pytest.fixture
def museum(committed_cast):
    return committed_cast.museum.id


@pytest.fixture
def home(committed_cast):
    return committed_cast.provider.id


@pytest.fixture
def passed_by(harbour, museum):
    """Two entries of the harbour's log that lie behind the cursor, as after a restore."""
    write(harbour, 3)
    write(museum, 2)
    drain()
    late = write(harbour, 2)
    renumber(late, [1, 2])
    drain()
    return late


def test_a_log_that_lacks_nothing_is_not_named(harbour, museum, caplog):
    write(harbour, 3)
    write(museum, 2)
    drain()
    assert missed.watch() == []
    assert caplog.records == []


def test_entries_that_still_wait_are_not_missed(harbour):
    write(harbour)
    drain()
    write(harbour, 2)
    assert missed.missed() == []


def test_a_log_that_lacks_entries_is_named_with_what_to_do(passed_by, harbour, caplog):
    assert [row.entry for row in missed.watch()] == passed_by
    (told,) = caplog.messages
    assert told.startswith(f"2 entries of the log of {harbour} have no index")
    assert "manage.py sequencer --missed" in told


def test_missed_entries_are_appended_and_those_that_come_after_too(
    passed_by, harbour, museum, capsys
):
    call_command("sequencer", missed=True)
    assert capsys.readouterr().out == "Entries taken up: 2.\n"
    assert missed.missed() == []
    after = write(harbour, 2)
    drain()
    assert check_log(harbour)[3:] == [*passed_by, *after]
    assert len(check_log(museum)) == 2


def test_taking_up_beside_another_appends_nothing_twice(passed_by, harbour, home):
    rows = missed.missed()
    assert missed.take_up() == 2
    sequencer.append(harbour, rows, home, late=True)
    assert missed.take_up() == 0
    assert len(check_log(harbour)) == 5
