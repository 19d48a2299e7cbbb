"""A hundred mutated clips: each is taken or refused with a reason, and nothing stays behind."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.fuzz import mutated, outcome, seed_clips

CASES = 100


def children() -> set[str]:
    """Process ids of all children of this process."""
    tasks = Path("/proc/self/task").iterdir()
    return {pid for task in tasks for pid in (task / "children").read_text().split()}


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_mutated_clips_are_taken_or_refused_and_leave_nothing(tmp_path, monkeypatch):
    clips = seed_clips(tmp_path)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    dice = random.Random(2026)
    cases = [mutated(dice.choice(clips), dice) for _ in range(CASES)]
    before, descriptors = children(), open_descriptors()
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(outcome, cases))
    assert len(outcomes) == CASES
    assert "accepted" in outcomes
    assert len(set(outcomes)) >= 4
    assert children() <= before
    assert open_descriptors() <= descriptors
    assert list(temporary.iterdir()) == []
