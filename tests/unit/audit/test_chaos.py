"""Eight writers, a sequencer killed -9 again and again: nothing is lost, doubled or bent."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.audit import merkle, tree
from core.audit.models import AuditEntry, AuditLeaf, Checkpoint
from core.audit.notes import open_checkpoint
from core.tenancy.scope import scope
from tests.deadline import eventually

from .writers import notes

ROOT = Path(__file__).resolve().parents[3]
PART = 10_000


@pytest.fixture
def started(committed_db):
    """Start processes on the test's database; none outlives the test."""
    running = []

    def start(*command):
        process = subprocess.Popen(
            [sys.executable, "-P", *command],
            cwd=ROOT,
            env={**os.environ, "CUSTOS_DATABASE": committed_db, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, 9)
        process.wait(30)


@pytest.mark.parametrize(
    ("entries", "kills"),
    [
        (5_000, 3),
        pytest.param(100_000, 25, marks=[pytest.mark.slow(seconds=90), pytest.mark.timeout(1800)]),
    ],
)
def test_eight_writers_and_a_sequencer_that_is_killed_at_random(
    committed_cast, started, tmp_path, entries, kills
):
    cast = committed_cast
    tenants = [cast.harbour.id, cast.museum.id]
    writers = started("-m", "tests.unit.audit.writers", tmp_path, str(entries), *map(str, tenants))
    survivor = kill_at_random(started, tenants, kills)
    assert writers.wait(1500) == 0
    # The provider's log too, which takes up the tenants' last checkpoints a moment later.
    logs = [*tenants, cast.provider.id]
    eventually(lambda: nothing_waits(logs), what="an index for every entry", seconds=600)
    survivor.terminate()
    assert survivor.wait(60) == 0

    committed = notes(tmp_path)
    assert sum(len(found) for found in committed.values()) == entries
    for tenant in tenants:
        # No more and no less: what was rolled back is not there.
        logged = check_whole_log(tenant)
        assert len(logged) == len(set(logged))
        assert set(logged) == set(committed[tenant])
    check_whole_log(cast.provider.id)


def kill_at_random(started, tenants, kills):
    """Kill a sequencer that has signed something, start the next; give the one that stays.

    Every second one finds its predecessor still at work.
    """
    chance = random.Random(kills)
    process = started("manage.py", "sequencer")
    for turn in range(kills):
        before = signed(tenants)
        eventually(
            lambda before=before: signed(tenants) > before or nothing_waits(tenants),
            what="a checkpoint",
        )
        following = started("manage.py", "sequencer") if turn % 2 else None
        # Chance, not proof: a kill may hit any place of a round.
        time.sleep(chance.uniform(0, 0.3))
        process.kill()
        process.wait(30)
        process = following or started("manage.py", "sequencer")
    return process


def signed(tenants):
    found = 0
    for tenant in tenants:
        with scope(tenant):
            newest = tree.latest_checkpoint()
            found += newest.size if newest else 0
    return found


def nothing_waits(tenants):
    for tenant in tenants:
        with scope(tenant):
            if AuditLeaf.objects.count() < AuditEntry.objects.count():
                return False
    return True


def check_whole_log(tenant):
    """Hash every entry anew and hold each checkpoint against that and against the one before.

    Part by part, in transactions of their own; gives the entries' ids by index.
    """
    key, frontier, before, ids = tree.verifier_key(tenant), merkle.Frontier(), None, []
    hashes = {}
    with scope(tenant):
        checkpoints = list(Checkpoint.objects.order_by("size"))
    while rows := leaves_from(tenant, len(ids)):
        for index, leaf, entry, body in rows:
            assert index == len(ids)
            assert bytes(leaf) == merkle.leaf_hash(bytes(body))
            hashes[index] = bytes(leaf)
            ids.append(entry)
    for checkpoint in checkpoints:
        head = open_checkpoint(checkpoint.note, key)
        frontier.extend([hashes[index] for index in range(frontier.size, head.size)])
        assert (checkpoint.size, bytes(checkpoint.root)) == (head.size, head.root)
        assert (head.size, head.root) == (frontier.size, frontier.root())
        if before is not None:
            with scope(tenant):
                proof = tree.consistency_proof(before.size, head.size)
            assert merkle.extends(before.size, before.root, head.size, head.root, proof)
        before = head
    assert before is not None
    assert before.size == len(ids)
    with scope(tenant):
        assert AuditEntry.objects.count() == len(ids)
        for index in {0, len(ids) // 2, len(ids) - 1}:
            proof = tree.inclusion_proof(index, before.size)
            assert merkle.includes(index, before.size, before.root, hashes[index], proof)
    return ids


def leaves_from(tenant, start):
    with scope(tenant):
        leaves = AuditLeaf.objects.filter(index__gte=start).order_by("index")
        return list(leaves.values_list("index", "hash", "entry_id", "entry__body")[:PART])
