"""What is kept of an error: the place and the kind, never what it quotes."""

import pytest

from core.errors import Unavailable
from core.outbox.traces import LONGEST, told, trace

ID = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.mark.parametrize(
    "secret",
    [
        "clara@harbour.example",
        "https://store.example/clip?X-Amz-Signature=abc",
        "'a licence plate'",
        "Bearer abc123",
        "password=hunter2",
        "AKIAIOSFODNN7EXAMPLEKEY42",
        "DETAIL:  Key (name)=(Clara) already exists.",
    ],
)
def test_values_that_an_error_quotes_are_not_kept(secret):
    kept = told(RuntimeError(f"the store said no: {secret}"))
    assert kept.startswith("RuntimeError: the store said no")
    for part in ("clara", "Signature", "licence", "abc123", "hunter2", "AKIA", "Clara"):
        assert part not in kept


def test_ids_and_our_own_words_are_kept():
    assert ID in told(RuntimeError(f"no object {ID}"))
    assert told(Unavailable("The store 'local' is full.")).endswith("The store 'local' is full.")


def test_a_chain_is_told_from_its_cause_with_its_places():
    def read():
        raise OSError("disk")

    try:
        try:
            read()
        except OSError as error:
            raise Unavailable("The store is down.") from error
    except Unavailable as error:
        kept = trace(error)
    first, last = kept.split("\n\n")
    assert "in read" in first
    assert first.endswith("OSError: disk")
    assert last.endswith("Unavailable: The store is down.")
    assert "unit/outbox/test_traces.py:" in kept


def test_a_long_error_is_cut():
    assert len(told(RuntimeError("word " * 10_000))) < 400
    assert len(trace(RuntimeError("word " * 10_000))) <= LONGEST
