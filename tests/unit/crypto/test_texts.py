"""A sealed text opens for its purpose, under its root key, unchanged; and in no other way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.crypto.kms import LocalRootKeys
from core.crypto.texts import is_sealed, moved_text, open_text, root_key_of, seal_text
from core.crypto.wrapping import new_key
from core.errors import IntegrityFailed, Misconfigured

OLD, NEW = new_key(), new_key()
ROOT = LocalRootKeys(OLD)


@given(st.text())
def test_what_is_sealed_opens_and_shows_nothing(text):
    sealed = seal_text(text, purpose="a", root=ROOT)
    assert is_sealed(sealed)
    assert sealed.isascii()
    assert len(text) < 6 or text not in sealed
    assert sealed != seal_text(text, purpose="a", root=ROOT)
    assert open_text(sealed, purpose="a", root=ROOT) == text


def test_another_purpose_opens_nothing():
    sealed = seal_text("seed", purpose="a", root=ROOT)
    with pytest.raises(IntegrityFailed):
        open_text(sealed, purpose="b", root=ROOT)
    with pytest.raises(IntegrityFailed):
        moved_text(sealed, purpose="b", root=ROOT)


@given(st.data())
def test_a_changed_text_opens_nothing(data):
    sealed = seal_text("seed", purpose="a", root=ROOT)
    mark, payload, root_key = sealed.split(".")
    # The last sign before the padding holds bits that base64 does not read.
    place = data.draw(st.integers(0, len(payload) - 4))
    other = data.draw(st.sampled_from("AbC-9_").filter(lambda sign: sign != payload[place]))
    changed = ".".join((mark, payload[:place] + other + payload[place + 1 :], root_key))
    with pytest.raises(IntegrityFailed):
        open_text(changed, purpose="a", root=ROOT)


@pytest.mark.parametrize(
    "text", ["", "JBSWY3DPEHPK3PXP", "custos-sealed-1..x", "custos-sealed-1.é"]
)
def test_what_never_was_sealed_opens_nothing(text):
    with pytest.raises(IntegrityFailed):
        open_text(text, purpose="a", root=ROOT)


def test_a_moved_text_opens_without_the_former_root_key():
    sealed = seal_text("seed", purpose="a", root=ROOT)
    alone = LocalRootKeys(NEW)
    with pytest.raises(Misconfigured):
        open_text(sealed, purpose="a", root=alone)
    moved = moved_text(sealed, purpose="a", root=LocalRootKeys(NEW, [OLD]))
    assert (root_key_of(sealed), root_key_of(moved)) == (ROOT.active, alone.active)
    assert open_text(moved, purpose="a", root=alone) == "seed"
