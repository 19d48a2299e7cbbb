"""The sequencer: no committed entry is skipped or doubled, whatever is going on around it."""

import json
import random
import threading
from functools import partial
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import InternalError, OperationalError, connection, connections, transaction

from core.access.actors import Actor
from core.audit import merkle, sequencer, tree
from core.audit.log import record
from core.audit.models import AuditEntry, AuditLeaf, Checkpoint, SequencerCursor
from core.audit.notes import open_checkpoint
from core.audit.sequencer import sequence_once
from core.errors import NotFound
from core.tenancy.scope import scope

SYSTEM = Actor.system("tests")


def write(tenant, count=1):
    with scope(tenant):
        return [
            record(action="test.write", actor=SYSTEM, tenant=tenant, subject=("clip", uuid4()))
            for _ in range(count)
        ]


def drain():
    while sequence_once():
        pass


def renumber(entries, transactions):
    """Let waiting entries have been written by transactions of these numbers."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("alter table audit_auditpending disable trigger user")
        cursor.executemany(
            "update audit_auditpending set xid = %s::text::xid8 where entry_id = %s",
            list(zip(transactions, entries, strict=True)),
        )
        cursor.execute("alter table audit_auditpending enable trigger user")


def check_log(tenant):
    """Everything that holds of a log at rest; gives the entries' ids by index."""
    key = tree.verifier_key(tenant)
    with scope(tenant):
        leaves = list(AuditLeaf.objects.order_by("index").select_related("entry"))
        assert [leaf.index for leaf in leaves] == list(range(len(leaves)))
        assert {leaf.entry_id for leaf in leaves} == set(
            AuditEntry.objects.values_list("id", flat=True)
        )
        hashes = [merkle.leaf_hash(bytes(leaf.entry.body)) for leaf in leaves]
        assert [bytes(leaf.hash) for leaf in leaves] == hashes
        checkpoints = list(Checkpoint.objects.order_by("size"))
        assert checkpoints[-1].size == len(leaves)
        before, frontier = None, merkle.Frontier()
        for checkpoint in checkpoints:
            head = open_checkpoint(checkpoint.note, key)
            frontier.extend(hashes[frontier.size : head.size])
            assert (head.size, head.root) == (checkpoint.size, frontier.root())
            assert bytes(checkpoint.root) == head.root
            if before is not None:
                proof = tree.consistency_proof(before.size, head.size)
                assert merkle.extends(before.size, before.root, head.size, head.root, proof)
            before = head
        for index in {0, len(leaves) // 2, len(leaves) - 1}:
            proven = tree.prove_entry(leaves[index].entry_id)
            assert proven.index == index
            assert merkle.includes(index, before.size, before.root, proven.leaf, proven.proof)
        return [leaf.entry_id for leaf in leaves]


@pytest.fixture
def harbour(committed_cast):
    return committed_cast.harbour.id


@pytest.fixture
def museum(committed_cast):
    return committed_cast.museum.id


@pytest.fixture
def home(committed_cast):
    return committed_cast.provider.id


def test_entries_get_their_indices_in_the_order_of_their_transactions(harbour):
    written = [entry for _ in range(7) for entry in write(harbour, 3)]
    assert sequence_once() == 21
    assert check_log(harbour) == written


def test_nothing_to_do_is_nothing_done(harbour):
    assert sequence_once() == 0
    with scope(harbour):
        assert tree.latest_checkpoint() is None
        with pytest.raises(NotFound, match="no checkpoint yet"):
            tree.checkpoint_of()
        with pytest.raises(NotFound, match="of size 3"):
            tree.checkpoint_of(3)


def test_each_batch_gets_a_checkpoint_that_extends_the_one_before(harbour):
    for count in (1, 2, 3, 5, 8, 13):
        write(harbour, count)
        drain()
    check_log(harbour)
    with scope(harbour):
        assert Checkpoint.objects.count() == 6


def test_a_small_batch_cuts_through_a_transaction_without_harm(harbour, museum):
    write(harbour, 7)
    write(museum, 4)
    while sequence_once(limit=3):
        pass
    check_log(harbour)
    check_log(museum)


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_transactions_are_ordered_as_numbers_over_a_power_of_ten(harbour, batch):
    written = [entry for _ in range(4) for entry in write(harbour)]
    renumber(written, [8, 9, 10, 11])
    while sequence_once(limit=batch):
        pass
    assert check_log(harbour) == written


def test_tenants_have_trees_of_their_own(harbour, museum):
    mine, theirs = write(harbour, 3), write(museum, 2)
    drain()
    assert check_log(harbour) == mine
    assert check_log(museum) == theirs
    with scope(museum), pytest.raises(NotFound):
        tree.prove_entry(mine[0])


def test_the_providers_log_holds_every_checkpoint_of_every_tenant(harbour, museum, home):
    for tenant in (harbour, museum, harbour):
        write(tenant, 2)
        drain()
    check_log(home)
    with scope(home):
        told = [
            json.loads(bytes(entry.body))
            for entry in AuditEntry.objects.filter(action="log.checkpoint.sign")
        ]
    kept = {entry["details"]["note"] for entry in told}
    signed = set()
    for tenant in (harbour, museum):
        with scope(tenant):
            signed |= set(Checkpoint.objects.values_list("note", flat=True))
    assert kept == signed
    assert len(signed) == 3


def test_an_entry_waits_while_an_older_transaction_is_open(harbour):
    """A transaction that began earlier may still commit: it must not come after its time."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as early:
        early.execute("select pg_current_xact_id()")
        late = write(harbour)
        assert sequence_once() == 0
        with scope(harbour), pytest.raises(NotFound, match="no index yet"):
            tree.prove_entry(late[0])
    assert sequence_once() == 1
    assert check_log(harbour) == late


def test_an_entry_that_commits_late_is_not_skipped(harbour):
    ready, go = threading.Event(), threading.Event()
    early = []

    def slow_writer():
        with scope(harbour):
            early.extend(write(harbour))
            ready.set()
            go.wait(30)
        connection.close()

    thread = threading.Thread(target=slow_writer)
    thread.start()
    ready.wait(30)
    late = write(harbour)
    assert sequence_once() == 0
    go.set()
    thread.join()
    drain()
    assert check_log(harbour) == early + late


def test_rolled_back_entries_leave_no_gap(harbour):
    kept = []
    for turn in range(6):
        with scope(harbour):
            written = write(harbour, 2)
            transaction.set_rollback(turn % 2 == 1)
        if turn % 2 == 0:
            kept += written
    drain()
    assert check_log(harbour) == kept


class Killed(Exception):
    pass


def killed_at(monkeypatch, place, nth):
    """Drain with a sequencer that dies when it comes to `place` for the nth time."""
    real, calls = getattr(sequencer, place), []

    def dies(*arguments):
        calls.append(None)
        if len(calls) == nth:
            raise Killed
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(sequencer, place, dies)
        with pytest.raises(Killed):
            drain()


PLACES = [
    (place, nth) for place in ("_store", "_tell_provider", "append", "_advance") for nth in (1, 2)
]


@pytest.mark.parametrize(("place", "nth"), PLACES)
def test_a_sequencer_killed_anywhere_loses_and_doubles_nothing(
    committed_cast, monkeypatch, place, nth
):
    harbour, museum = committed_cast.harbour.id, committed_cast.museum.id
    home = committed_cast.provider.id
    write(harbour, 5)
    write(museum, 6)
    killed_at(monkeypatch, place, nth)
    write(harbour, 2)
    drain()
    for log in (harbour, museum, home):
        check_log(log)
    with scope(home):
        told = AuditEntry.objects.filter(action="log.checkpoint.sign").count()
    assert told == sum(_checkpoints(tenant) for tenant in (harbour, museum))


def _checkpoints(tenant):
    with scope(tenant):
        return Checkpoint.objects.count()


def in_thread(work, failures):
    """A thread with a connection of its own that keeps what it raises."""

    def run():
        try:
            work()
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            connection.close()

    return threading.Thread(target=run)


def test_writers_rollbacks_and_sequencers_at_once(harbour, museum):
    """Four writers, a third of whose transactions roll back, and two sequencers."""
    committed = {harbour: set(), museum: set()}
    failures = []
    done = threading.Event()

    def writing(chance):
        for _ in range(25):
            tenant, back = chance.choice([harbour, museum]), chance.random() < 0.3
            with scope(tenant):
                entries = write(tenant, chance.randint(1, 4))
                transaction.set_rollback(back)
            if not back:
                committed[tenant].update(entries)

    def sequencing():
        while not done.is_set():
            sequence_once(limit=17)

    writers = [in_thread(partial(writing, random.Random(seed)), failures) for seed in range(4)]
    sequencers = [in_thread(sequencing, failures) for _ in range(2)]
    for thread in writers + sequencers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in sequencers:
        thread.join()
    assert failures == []
    drain()
    for tenant, entries in committed.items():
        assert set(check_log(tenant)) == entries


def test_the_cursor_never_goes_back(harbour):
    write(harbour, 2)
    sequence_once()
    ahead = SequencerCursor.objects.get()
    sequencer._advance(sequencer.Pending(harbour, uuid4(), b"", 3, 1))
    held = SequencerCursor.objects.get()
    assert (held.xid, held.pending_id) == (ahead.xid, ahead.pending_id)
    assert str(held) == f"{ahead.xid}:{ahead.pending_id}"


def test_the_command_runs_until_it_is_told_to_stop(harbour, monkeypatch):
    handlers = {}
    monkeypatch.setattr("signal.signal", handlers.__setitem__)
    real, turns = sequencer.sequence_once, []

    def once(limit):
        turns.append(limit)
        if len(turns) == 1:
            raise OperationalError("the database restarts")
        if len(turns) == 3:
            for handler in handlers.values():
                handler()
        return real(limit)

    monkeypatch.setattr(sequencer, "sequence_once", once)
    monkeypatch.setattr(sequencer, "POLL_SECONDS", 0)
    written = write(harbour)
    call_command("sequencer")
    assert check_log(harbour) == written
    assert len(handlers) == 2


def test_a_batch_that_takes_too_long_is_tried_again_in_smaller_ones(harbour, monkeypatch):
    """What PostgreSQL's transaction_timeout does to a batch on a machine that is too busy."""
    real, limits, stop = sequencer.sequence_once, [], threading.Event()

    def slow(limit):
        limits.append(limit)
        if limit > 100:
            raise InternalError("terminating connection due to transaction timeout")
        done = real(limit)
        if not done:
            stop.set()
        return done

    monkeypatch.setattr(sequencer, "sequence_once", slow)
    monkeypatch.setattr(sequencer, "POLL_SECONDS", 0)
    written = write(harbour, 150)
    sequencer.run(stop)
    assert check_log(harbour) == written
    assert limits[:4] == [5000, 1250, 312, 78]
