"""Signed notes and checkpoints against the published examples, and what must be refused."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audit.merkle import EMPTY_ROOT
from core.audit.notes import (
    Checkpoint,
    NoteInvalid,
    VerifierKey,
    inclusion_note,
    open_checkpoint,
    open_note,
    sign_checkpoint,
    sign_note,
)
from core.crypto.signing import Signer
from core.errors import Invalid

ORIGIN = "log.example/t/1"
SIGNER = Signer.from_seed(bytes(range(32)))
KEY = VerifierKey(ORIGIN, SIGNER.public_key)
CHECKPOINT = Checkpoint(ORIGIN, 7, EMPTY_ROOT)
NOTE = sign_checkpoint(CHECKPOINT, SIGNER)

# The example of Go's golang.org/x/mod/sumdb/note, from which the format comes.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpR"
    "Zb6KE6RyyBwJnAM=\n"
)


def test_a_note_of_the_go_implementation_opens():
    text = open_note(GO_NOTE, VerifierKey.parse(GO_KEY))
    assert text.startswith("If you think cryptography")
    assert str(VerifierKey.parse(GO_KEY)) == GO_KEY


def test_a_checkpoint_comes_back_as_it_was_signed():
    assert open_checkpoint(NOTE, KEY) == CHECKPOINT
    assert NOTE.split("\n")[:4] == [ORIGIN, "7", base64.b64encode(EMPTY_ROOT).decode(), ""]
    assert VerifierKey.parse(f" {KEY}\n") == KEY


@given(st.integers(0, len(NOTE.encode()) * 8 - 1))
def test_every_bit_of_a_checkpoint_counts(bit):
    bent = bytearray(NOTE.encode())
    bent[bit // 8] ^= 1 << (bit % 8)
    try:
        note = bent.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(NoteInvalid):
        open_checkpoint(note, KEY)


def test_signatures_of_strangers_are_ignored():
    stranger = sign_note(
        CHECKPOINT.text, name="witness.example", signer=Signer.from_seed(b"w" * 32)
    )
    both = NOTE + stranger.rpartition("\n\n")[2]
    assert open_checkpoint(both, KEY) == CHECKPOINT
    with pytest.raises(NoteInvalid, match="no signature of"):
        open_checkpoint(stranger, KEY)


def test_a_second_bad_signature_of_the_key_rejects_the_note():
    bad = base64.b64encode(KEY.key_id + b"\0" * 64).decode()
    with pytest.raises(NoteInvalid, match="does not fit"):
        open_note(f"{NOTE}— {ORIGIN} {bad}\n", KEY)


def test_a_checkpoint_of_another_log_under_our_name_is_refused():
    other = sign_note(Checkpoint("else.example", 7, EMPTY_ROOT).text, name=ORIGIN, signer=SIGNER)
    with pytest.raises(NoteInvalid, match=r"of else\.example"):
        open_checkpoint(other, KEY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n1\n",
        f"origin\n01\n{base64.b64encode(EMPTY_ROOT).decode()}\n",
        f"origin\n-1\n{base64.b64encode(EMPTY_ROOT).decode()}\n",
        f"origin\n1\n{base64.b64encode(EMPTY_ROOT[:31]).decode()}\n",
        "origin\n1\nnot base64\n",
        f"origin\n1\n{base64.b64encode(EMPTY_ROOT).decode()}\nextension\n",
        f"\n1\n{base64.b64encode(EMPTY_ROOT).decode()}\n",
    ],
)
def test_texts_that_are_no_checkpoint(text):
    with pytest.raises(NoteInvalid):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "note",
    [
        "no gap\n",
        "text\n\n— name c2ln",  # no newline at the end
        "text\n\n- name c2ln\n",  # a hyphen
        "text\n\n— name AAAA\n",  # a key id without a signature
        "text\n\n— name A===\n",
        "te\txt\n\n— name AAAAAAAA\n",
        "x" * 70_000,
    ],
)
def test_texts_that_are_no_note(note):
    with pytest.raises(NoteInvalid):
        open_note(note, KEY)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "name+00000000",
        f"{ORIGIN}+00000000+{str(KEY).rpartition('+')[2]}",
        f"{ORIGIN}+{KEY.key_id.hex()}+{base64.b64encode(b'2' + KEY.public_key).decode()}",
        f"{ORIGIN}+{KEY.key_id.hex()}+{base64.b64encode(KEY.public_key).decode()}",
        f"na me+{KEY.key_id.hex()}+{str(KEY).rpartition('+')[2]}",
    ],
)
def test_keys_that_are_refused(key):
    with pytest.raises(Invalid):
        VerifierKey.parse(key)


def test_what_can_not_be_signed():
    with pytest.raises(ValueError, match="key name"):
        sign_note("text\n", name="a b", signer=SIGNER)
    with pytest.raises(ValueError, match="ends in a newline"):
        sign_note("text", name="a", signer=SIGNER)
    with pytest.raises(ValueError, match="control"):
        sign_note("te\rxt\n", name="a", signer=SIGNER)


def test_an_inclusion_proof_is_written_as_c2sp_asks():
    lines = inclusion_note(5, [EMPTY_ROOT], NOTE).split("\n")
    assert lines[:4] == [
        "c2sp.org/tlog-proof@v1",
        "index 5",
        base64.b64encode(EMPTY_ROOT).decode(),
        "",
    ]
    assert "\n".join(lines[4:]) == NOTE
