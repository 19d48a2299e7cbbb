"""Evidence bundles: what verifies, and that nothing else does."""

import json
from functools import cache
from io import BytesIO
from itertools import accumulate

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.audit import bundle
from core.audit.entries import canonical
from core.audit.notes import Checkpoint, VerifierKey, sign_checkpoint
from core.audit.verify import verify_bundle
from core.crypto.signing import Signer

from .logs import KEY, ORIGIN, SALT, SIGNER, MemoryLog, body_of, checked, failures, log_of, sealed

LOG = log_of(11)
COMPLETE = LOG.complete(3, 8, disclose=True)
SELECTION = LOG.selection([0, 4, 10], 3, 8, disclose=True)
KEPT = LOG.checkpoint(8)


def flipped(data: bytes, bit: int) -> bytes:
    bent = bytearray(data)
    bent[bit // 8] ^= 1 << (bit % 8)
    return bytes(bent)


# What verifies


@given(st.integers(0, 40), st.data())
def test_a_complete_bundle_verifies_from_any_kept_checkpoint(count, data):
    log = log_of(count)
    sizes = sorted(data.draw(st.sets(st.integers(0, max(count - 1, 0)), max_size=3)))
    since = data.draw(st.integers(0, count))
    sizes = [size for size in sizes if size < count]
    report = checked(log.complete(*sizes, disclose=data.draw(st.booleans())), log.checkpoint(since))
    assert report.ok, report.as_json()


@given(st.integers(1, 40), st.data())
def test_a_selection_verifies_from_its_checkpoints(count, data):
    log = log_of(count)
    indices = sorted(data.draw(st.sets(st.integers(0, count - 1))))
    since = data.draw(st.integers(0, count))
    sizes = [since] if since < count else []
    report = checked(log.selection(indices, *sizes, disclose=True), log.checkpoint(since))
    assert report.ok, report.as_json()


def test_the_report_lists_each_check_with_its_count():
    report = checked(COMPLETE, KEPT).as_json()
    assert report["ok"]
    assert report["size"] == 11
    assert report["origin"] == ORIGIN
    counts = {step["step"]: step["checked"] for step in report["steps"]}
    assert counts == {
        "format": 4 + 22,
        "signatures": 3,
        "leaves": 11,
        "roots": 3 + 1,
        "consistency": 0,
        "since": 1,
        "personal": 22,
        "seal": 1,
    }


def test_a_bundle_larger_than_a_block_verifies(monkeypatch):
    monkeypatch.setattr(bundle, "_BLOCK", 700)
    assert checked(log_of(300).complete(1, 150, 299), log_of(300).checkpoint(150)).ok


# Rewritten and signed anew


@given(st.integers(0, 7))
def test_a_rewritten_and_resigned_log_passes_without_a_kept_checkpoint_and_fails_with_it(index):
    bodies = [*LOG.bodies]
    bodies[index] = body_of(index, rewritten=True)
    forged = MemoryLog(bodies)
    for data in (forged.complete(3, 8), forged.selection([index], 8)):
        assert checked(data).ok
        report = checked(data, KEPT)
        assert not report.ok
        assert [step.name for step in report.steps if step.failed] == ["since"]
        assert "history was changed" in failures(report, "since")[0]


def test_an_entry_dropped_from_the_past_is_found_too():
    forged = MemoryLog(LOG.bodies[1:])
    assert checked(forged.complete()).ok
    assert not checked(forged.complete(), KEPT).ok


def test_a_rewritten_log_of_the_kept_size_is_found():
    forged = MemoryLog([body_of(99), *LOG.bodies[1:]])
    for data in (forged.complete(), forged.selection([0])):
        assert checked(data).ok
        assert not checked(data, LOG.checkpoint()).ok


def test_a_log_cut_back_behind_the_kept_checkpoint_is_found():
    for data in (log_of(5).complete(), log_of(5).selection([0])):
        assert checked(data).ok
        report = checked(data, KEPT)
        assert "entries are missing" in failures(report, "since")[0]


def test_a_selection_without_the_proof_from_the_kept_size_says_what_to_ask_for():
    report = checked(LOG.selection([1]), KEPT)
    assert not report.ok
    assert "since=8" in failures(report, "since")[0]


def test_a_kept_checkpoint_of_another_key_is_not_taken():
    other = MemoryLog(LOG.bodies, signer=Signer.from_seed(b"x" * 32)).checkpoint(8)
    assert not checked(COMPLETE, other).ok
    assert not checked(COMPLETE, "not a note").ok


# Altered bundles

bits = st.integers(0, max(len(COMPLETE), len(SELECTION)) * 8 - 1)


@settings(max_examples=400)
@given(bits, st.sampled_from([COMPLETE, SELECTION]))
def test_any_flipped_bit_is_found(bit, data):
    assert not checked(flipped(data, bit % (len(data) * 8))).ok


@settings(max_examples=400)
@given(bits, st.sampled_from([COMPLETE, SELECTION]))
def test_any_flipped_bit_is_found_even_when_the_seal_is_made_to_fit(bit, data):
    content = data[: data.rindex(b"\n", 0, -1) + 1]
    bent = flipped(content, bit % (len(content) * 8))
    resealed = sealed(bent.splitlines(keepends=True))
    assert not checked(resealed).ok


SMALL = MemoryLog([b'{"n":0}', b'{"n":1}'])


@pytest.mark.parametrize("data", [SMALL.complete(), SMALL.selection([1], 1)])
def test_every_bit_of_a_small_bundle_counts(data):
    unfound = [bit for bit in range(len(data) * 8) if checked(flipped(data, bit)).ok]
    assert unfound == []


@cache
def larger(kind: str) -> tuple[bytes, list[tuple[int, int]]]:
    """A bundle of 700 entries, or of 60 of them, and where in it each entry's line lies."""
    log = log_of(700)
    data = log.complete(100, 512) if kind == "complete" else log.selection([*range(0, 700, 12)], 99)
    lines = data.splitlines(keepends=True)
    ends = list(accumulate(len(line) for line in lines))
    places = [
        (end - len(line), end)
        for line, end in zip(lines, ends, strict=True)
        if line.startswith(b'{"index":')
    ]
    return data, places


@settings(max_examples=150)
@given(st.sampled_from(["complete", "selection"]), st.data())
def test_a_bit_changed_in_a_larger_bundle_is_found_and_its_line_named(kind, data):
    content, places = larger(kind)
    start, end = data.draw(st.sampled_from(places))
    # Without its newline the last line before the seal is joined to it: the seal is what is told.
    joined = content.count(b"\n", end) == 1
    bit = data.draw(st.integers(start * 8, (end - joined) * 8 - 1))
    report = checked(flipped(content, bit))
    line = content.count(b"\n", 0, start) + 1
    told = [failure for step in report.steps for failure in step.failures]
    # A newline that is gone joins two lines: then the line is named, no single entry.
    assert any(f"line {line})" in failure.lower() or f"line {line} " in failure.lower() or
               f"line {line}:" in failure.lower() for failure in told), told  # fmt: skip


@pytest.mark.parametrize("kind", ["complete", "selection"])
@pytest.mark.parametrize("bit", range(8))
def test_a_line_joined_to_the_seal_breaks_the_seal(kind, bit):
    content, _ = larger(kind)
    end = content.rindex(b"\n", 0, len(content) - 1)
    report = checked(flipped(content, end * 8 + bit))
    told = [failure for step in report.steps for failure in step.failures]
    assert any(failure.startswith("The last line is not the seal") for failure in told), told


@pytest.mark.parametrize("index", range(11))
def test_a_changed_entry_is_named(index):
    for data in (COMPLETE, SELECTION):
        place = data.find(b'"n":%d}' % index)
        if place < 0:
            continue
        report = checked(flipped(data, place * 8 + 1))
        assert f"Entry {index} (line" in failures(report, "leaves")[0]


def test_a_changed_entry_whose_leaf_hash_was_made_to_fit_is_narrowed_to_its_checkpoints():
    honest = LOG.complete(3, 8).splitlines(keepends=True)
    forged = MemoryLog([*LOG.bodies[:5], body_of(99), *LOG.bodies[6:]])
    lines = [*honest[:4], *forged.complete().splitlines(keepends=True)[2:-1]]
    report = checked(sealed(lines))
    assert failures(report, "leaves") == []
    assert failures(report, "roots")[0].startswith("Entries 3 to 7 do not give")


@given(st.integers(0, len(COMPLETE) - 1), st.sampled_from([COMPLETE, SELECTION]))
@example(0, COMPLETE)
def test_a_bundle_cut_short_is_found(length, data):
    assert not checked(data[: min(length, len(data) - 1)]).ok


@pytest.mark.parametrize("kind", ["complete", "selection"])
def test_lines_dropped_doubled_or_swapped_are_found(kind):
    data = COMPLETE if kind == "complete" else SELECTION
    lines = data.splitlines(keepends=True)[:-1]
    for place in range(1, len(lines)):
        assert not checked(sealed([*lines[:place], lines[place], *lines[place:]])).ok
        if kind == "complete" and lines[place].startswith(b'{"index"'):
            assert not checked(sealed([*lines[:place], *lines[place + 1 :]])).ok
        swapped = [*lines[: place - 1], lines[place], lines[place - 1], *lines[place + 1 :]]
        assert not checked(sealed(swapped)).ok


def test_a_disclosed_value_can_not_be_exchanged():
    lines = SELECTION.splitlines(keepends=True)[:-1]
    place = next(i for i, line in enumerate(lines) if line.startswith(b'{"personal"'))
    index = 0
    for forged in (
        bundle.personal_line(index, "actor", SALT, "Alice"),
        bundle.personal_line(index, "site", SALT, "Bob 0"),
        bundle.personal_line(index, "actor", SALT[::-1], "Bob 0"),
        bundle.personal_line(index, "unknown", SALT, "Bob 0"),
    ):
        report = checked(sealed([*lines[:place], forged, *lines[place + 1 :]]))
        assert "does not fit its commitment" in failures(report, "personal")[0]
    moved = bundle.personal_line(4, "actor", SALT, "Bob 4")
    assert not checked(sealed([*lines[:place], moved, *lines[place + 1 :]])).ok


@pytest.mark.parametrize("body", [{"id": 5}, {"id": "no uuid"}, {}, {"actor": 5, "id": "x"}])
def test_a_value_for_an_entry_of_another_shape_does_not_fit(body):
    log = MemoryLog([canonical({"actor": {"commitment": "00"}, **body})])
    lines = log.complete().splitlines(keepends=True)[:-1]
    report = checked(sealed([*lines, bundle.personal_line(0, "actor", SALT, "Bob")]))
    assert not report.ok
    assert failures(report, "personal")


# Bundles that do not follow the format


def head(kind: str = "complete") -> list[bytes]:
    return [bundle.header_line(kind, ORIGIN), bundle.checkpoint_line(LOG.checkpoint())]


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b"not json\n"],
        [b"[]\n"],
        [b'{"bundle":"custos.evidence/2","kind":"complete","origin":"o"}\n'],
        [b'{"bundle":"custos.evidence/1","kind":"other","origin":"o"}\n'],
        [bundle.header_line("complete", ORIGIN)],
        [bundle.header_line("complete", "\u00e9"), *head()[1:]],
        [*head(), b'{"unknown":1}\n'],
        [*head(), *head()[1:]],
        [head()[0], b'{"checkpoint":5}\n'],
        [*head("selection"), b'{"consistency":5,"proof":[]}\n'],
        [*head("selection"), b'{"consistency":[3,11],"proof":[]}\n'],
        [*head("selection"), b'{"consistency":[true,11],"proof":[]}\n'],
        [*head("selection"), b'{"consistency":[3,11]}\n'],
        [*head("selection"), b'{"consistency":[3,11],"proof":["x"]}\n'],
        [*head("selection"), b'{"index":true,"entry":{}}\n'],
        [*head("selection"), b'{"index":"1","entry":{}}\n'],
        [*head("selection"), b'{"index":1}\n'],
        [*head("selection"), b'{"index":' + b"9" * 5000 + b',"entry":{}}\n'],
        [*head("selection"), b'{"index":1,"x":"\\ud800","entry":{}}\n'],
        [*head("selection"), b'{"index":' + b"[" * 20_000 + b"\n"],
        [*head(), b'{"personal":{"index":0}}\n'],
        [*LOG.complete().splitlines(keepends=True)[:-1], b'{"personal":{"index":0}}\n'],
        [*LOG.complete().splitlines(keepends=True)[:-1], b'{"checkpoint":"late"}\n'],
        [bundle.header_line("selection", ORIGIN), bundle.checkpoint_line(LOG.checkpoint(3)),
         *head()[1:]],
    ],
)  # fmt: skip
def test_what_does_not_follow_the_format_is_refused(lines):
    report = checked(sealed(lines))
    assert not report.ok
    assert any(step.failures for step in report.steps)


def test_a_line_without_end_is_refused_before_it_fills_the_memory():
    report = checked(b"".join(head()) + b"x" * (3 * bundle.MAX_LINE + bundle._BLOCK))
    assert "longer than any" in failures(report, "format")[0]


def test_a_checkpoint_signed_by_another_key_does_not_count():
    stranger = MemoryLog(LOG.bodies, signer=Signer.from_seed(b"x" * 32))
    report = checked(stranger.complete())
    assert "no signature of" in failures(report, "signatures")[0]
    assert checked(stranger.complete(), key=VerifierKey(ORIGIN, stranger.signer.public_key)).ok


def test_another_tenants_bundle_does_not_pass_for_ours():
    other = MemoryLog(LOG.bodies, origin="log.custos.example/t/other")
    assert not checked(other.complete()).ok
    assert checked(other.complete(), key=VerifierKey(other.origin, SIGNER.public_key)).ok


def test_a_checkpoint_over_more_entries_than_there_are_is_found():
    longer = sign_checkpoint(Checkpoint(ORIGIN, 12, b"r" * 32), SIGNER)
    lines = LOG.complete().splitlines(keepends=True)[:-1]
    report = checked(sealed([lines[0], bundle.checkpoint_line(longer), *lines[2:]]))
    assert "holds 11 entries, its checkpoint 12" in failures(report, "roots")[0]


def test_failures_are_counted_but_only_the_first_are_told():
    lines = log_of(40).complete().splitlines(keepends=True)[:-1]
    bent = [line.replace(b'"n":', b'"m":') for line in lines]
    report = json.loads(json.dumps(checked(sealed(bent)).as_json()))
    leaves = next(step for step in report["steps"] if step["step"] == "leaves")
    assert leaves["failed"] == 40
    assert len(leaves["failures"]) == 20


def test_the_stream_is_read_once_and_forwards():
    class Forward(BytesIO):
        def seek(self, *_):
            raise AssertionError("a bundle may come from a pipe")

    assert verify_bundle(Forward(COMPLETE), key=KEY).ok
