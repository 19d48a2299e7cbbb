"""The sequencer as a process of its own, killed -9 while others write."""

import os
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from core.audit.models import AuditLeaf
from core.tenancy.scope import scope
from tests.deadline import eventually

from .test_sequencer import check_log, in_thread, write

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def sequencer(committed_db):
    """Start sequencers on the test's database; none outlives the test."""
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "manage.py", "sequencer"],
            cwd=ROOT,
            env={**os.environ, "CUSTOS_DATABASE": committed_db},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(30)


def test_a_sequencer_killed_at_random_leaves_no_gap(committed_cast, sequencer):
    harbour, museum = committed_cast.harbour.id, committed_cast.museum.id
    written, failures = {harbour: [], museum: []}, []
    done = threading.Event()

    def writing(tenant):
        while not done.wait(0.02):
            written[tenant].extend(write(tenant, 2))

    writers = [in_thread(partial(writing, tenant), failures) for tenant in written]
    for thread in writers:
        thread.start()
    try:
        for _ in range(2):
            process, before = sequencer(), indexed(harbour)
            eventually(lambda before=before: indexed(harbour) > before, what="a checkpoint")
            process.kill()
            process.wait(30)
    finally:
        done.set()
        for thread in writers:
            thread.join()
    assert failures == []
    process = sequencer()
    for tenant, entries in written.items():
        eventually(partial(all_indexed, tenant, entries), what="an index for every entry")
    process.terminate()
    assert process.wait(30) == 0
    for tenant, entries in written.items():
        assert set(check_log(tenant)) == set(entries)


def all_indexed(tenant, entries):
    return indexed(tenant) == len(entries)


def indexed(tenant):
    with scope(tenant):
        return AuditLeaf.objects.count()
