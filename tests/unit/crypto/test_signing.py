"""Signatures and commitments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.crypto.signing import Signer, verify
from core.errors import Misconfigured


def test_a_signature_is_of_one_message_by_one_key():
    signer, other = Signer.generate(), Signer.generate()
    signature = signer.sign(b"checkpoint")
    assert verify(signer.public_key, signature, b"checkpoint")
    assert not verify(signer.public_key, signature, b"checkpoinT")
    assert not verify(other.public_key, signature, b"checkpoint")
    assert not verify(signer.public_key, signature[:-1], b"checkpoint")
    assert not verify(b"no key", signature, b"checkpoint")


def test_the_reference_vector_holds():
    """RFC 8032 section 7.1, test 2."""
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    signer = Signer.from_seed(seed)
    assert signer.public_key.hex() == (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    )
    assert signer.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


@given(st.binary(max_size=300))
def test_what_is_signed_verifies(message):
    signer = Signer.from_seed(bytes(32))
    assert verify(signer.public_key, signer.sign(message), message)


def test_a_seed_that_is_missing_is_named():
    with pytest.raises(Misconfigured, match="signing key"):
        Signer.from_seed(b"")
