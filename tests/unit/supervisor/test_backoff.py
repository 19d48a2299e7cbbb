from hypothesis import given
from hypothesis import strategies as st

from core.supervisor.backoff import FIRST_SECONDS, LONGEST_SECONDS, WELL_AFTER_SECONDS, Backoff


@given(st.integers(1, 200))
def test_each_crash_in_a_row_waits_at_least_as_long_and_never_too_long(crashes):
    backoff = Backoff()

    delays = [backoff.after_crash(ran_seconds=0) for _ in range(crashes)]

    assert delays[0] == FIRST_SECONDS
    assert delays == sorted(delays)
    assert delays[-1] <= LONGEST_SECONDS


def test_a_part_that_was_well_starts_over():
    backoff = Backoff()
    for _ in range(10):
        backoff.after_crash(ran_seconds=0)

    assert backoff.after_crash(ran_seconds=WELL_AFTER_SECONDS) == FIRST_SECONDS
