"""Root key -> tenant key -> data key: each opens only what it was made for."""

import os
from uuid import uuid4

import pytest
from django.test import override_settings

from core.crypto.keys import open_keys, rewrap_tenant_keys, rotate_tenant_key
from core.crypto.kms import LocalRootKeys, fingerprint, root_keys
from core.crypto.models import TenantKey
from core.crypto.wrapping import WrappedKey, commitment_to, key_context, new_key, unwrap, wrap
from core.errors import IntegrityFailed, Misconfigured
from core.tenancy.scope import scope

CONTEXT = key_context(tenant=uuid4(), subject=uuid4(), purpose="object", version=1)


def test_a_wrapped_key_comes_back():
    key, under = new_key(), new_key()
    wrapped = wrap(key, under=under, context=CONTEXT)
    assert unwrap(wrapped, under=under, context=CONTEXT) == key
    assert key not in wrapped.sealed


@pytest.mark.parametrize("part", ["tenant", "subject", "purpose", "version"])
def test_a_wrap_is_bound_to_what_it_is_for(part):
    names = {"tenant": uuid4(), "subject": uuid4(), "purpose": "object", "version": 1}
    other = {"tenant": uuid4(), "subject": uuid4(), "purpose": "tenant", "version": 2}
    under = new_key()
    wrapped = wrap(new_key(), under=under, context=key_context(**names))
    with pytest.raises(IntegrityFailed):
        unwrap(wrapped, under=under, context=key_context(**{**names, part: other[part]}))


def test_any_changed_byte_of_the_record_is_found():
    under = new_key()
    wrapped = wrap(new_key(), under=under, context=CONTEXT)
    for i in range(len(wrapped.sealed)):
        broken = bytearray(wrapped.sealed)
        broken[i] ^= 1
        with pytest.raises(IntegrityFailed):
            unwrap(WrappedKey(bytes(broken), wrapped.commitment), under=under, context=CONTEXT)
    for i in range(32):
        broken = bytearray(wrapped.commitment)
        broken[i] ^= 1
        with pytest.raises(IntegrityFailed):
            unwrap(WrappedKey(wrapped.sealed, bytes(broken)), under=under, context=CONTEXT)


def test_a_key_that_is_not_the_committed_one_is_refused():
    """Whoever holds the wrapping key can seal another key under the same commitment."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    under, claimed, other = new_key(), new_key(), new_key()
    commitment, nonce = commitment_to(claimed, CONTEXT), os.urandom(12)
    sealed = b"\x01" + nonce + AESGCM(under).encrypt(nonce, other, CONTEXT + commitment)
    with pytest.raises(IntegrityFailed, match="commits"):
        unwrap(WrappedKey(sealed, commitment), under=under, context=CONTEXT)


def test_a_destroyed_record_says_so():
    with pytest.raises(IntegrityFailed, match="missing"):
        unwrap(WrappedKey(b"", bytes(32)), under=new_key(), context=CONTEXT)


def test_only_keys_are_wrapped():
    with pytest.raises(ValueError, match="32"):
        wrap(b"short", under=new_key(), context=CONTEXT)


def test_without_a_root_key_the_error_names_what_is_missing():
    with override_settings(ROOT_KEK=b""), pytest.raises(Misconfigured, match="CUSTOS_ROOT_KEK"):
        root_keys()
    with pytest.raises(Misconfigured, match="32 bytes"):
        LocalRootKeys(b"short")


def test_a_root_key_that_was_lost_is_named():
    old = LocalRootKeys(new_key())
    root_key, wrapped = old.wrap(new_key(), context=CONTEXT)
    with pytest.raises(Misconfigured, match=root_key):
        LocalRootKeys(new_key()).unwrap(root_key, wrapped, context=CONTEXT)


def test_a_fingerprint_names_the_key_only():
    key = new_key()
    assert fingerprint(key) == fingerprint(key) != fingerprint(new_key())


def test_an_organizations_first_key_is_made_once(cast):
    first = open_keys(cast.harbour.id)
    assert open_keys(cast.harbour.id).keys == first.keys
    with scope(cast.harbour.id):
        row = TenantKey.objects.get()
    assert row.version == 1
    assert first.keys[1] not in bytes(row.sealed)
    assert str(row) == f"key 1 of {cast.harbour.id}"


def test_organizations_have_different_keys(cast):
    assert open_keys(cast.harbour.id).keys != open_keys(cast.museum.id).keys


def test_an_objects_key_opens_for_that_object_and_organization_alone(cast):
    harbour, museum, clip = open_keys(cast.harbour.id), open_keys(cast.museum.id), uuid4()
    key = harbour.new_object_key(clip)
    assert harbour.open_object_key(clip, key.wrapped, key.version) == key.dek
    with pytest.raises(IntegrityFailed):
        harbour.open_object_key(uuid4(), key.wrapped, key.version)
    with pytest.raises(IntegrityFailed):
        museum.open_object_key(clip, key.wrapped, key.version)
    with pytest.raises(IntegrityFailed, match="Version 7"):
        harbour.open_object_key(clip, key.wrapped, 7)


def test_after_rotation_old_objects_open_and_new_ones_use_the_new_key(cast):
    clip = uuid4()
    old = open_keys(cast.harbour.id).new_object_key(clip)
    assert rotate_tenant_key(tenant=cast.harbour.id) == 2
    keys = open_keys(cast.harbour.id)
    assert keys.open_object_key(clip, old.wrapped, old.version) == old.dek
    moved = keys.rewrap_object_key(clip, old.wrapped, old.version)
    assert (moved.dek, moved.version) == (old.dek, 2)
    assert keys.new_object_key(uuid4()).version == 2


def test_the_root_key_can_be_replaced(cast):
    first, second = new_key(), new_key()
    before = open_keys(cast.harbour.id, root=LocalRootKeys(first)).keys
    both = LocalRootKeys(second, [first])
    assert rewrap_tenant_keys(tenant=cast.harbour.id, root=both) == 1
    assert rewrap_tenant_keys(tenant=cast.harbour.id, root=both) == 0
    assert open_keys(cast.harbour.id, root=LocalRootKeys(second)).keys == before
    with pytest.raises(Misconfigured):
        open_keys(cast.harbour.id, root=LocalRootKeys(first))


def test_two_that_make_the_first_key_at_once_end_with_one(cast, monkeypatch):
    from core.crypto import keys

    open_keys(cast.harbour.id)
    real = keys._rows
    answers = iter([[]])
    monkeypatch.setattr(keys, "_rows", lambda tenant: next(answers, None) or real(tenant))
    assert list(open_keys(cast.harbour.id).keys) == [1]
