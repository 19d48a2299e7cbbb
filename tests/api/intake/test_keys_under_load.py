"""Uploads and reads go on while keys are replaced; no index of a stream is sealed twice."""

import hashlib
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.access.actors import Actor
from core.crypto.cipher import SegmentSealer
from core.crypto.wrapping import new_key
from core.errors import Misconfigured
from core.outbox.jobs import run
from core.outbox.models import Job
from core.storage.models import StoredObject
from core.storage.rotation import follow_up, move_to_active_root, rotate_key
from core.tenancy.scope import scope
from tests.api.intake.test_recovery import forget
from tests.api.intake.test_tus import checksum

ACTOR = Actor.system("test")
MEBIBYTE = 1 << 20


def rotate(tenant):
    """Rotate and run the job of it here."""
    rotate_key(actor=ACTOR, tenant=tenant.id)
    for job in Job.objects.filter(kind="storage.rewrap", state="open"):
        assert run(job.id, beat=False), Job.objects.get(id=job.id).error


@pytest.fixture
def in_thread():
    """Run something in a thread that leaves no connection open."""

    def wrap(function):
        def call(*arguments):
            try:
                return function(*arguments)
            finally:
                connections.close_all()

        return call

    return wrap


def test_keys_rotate_while_clips_come_in_and_are_read(tus, cast_here, stored, in_thread):
    """Two clients upload in small pieces and two people read, all through three rotations."""
    harbour = cast_here.harbour
    known = os.urandom(2 * MEBIBYTE)
    _, first = tus.upload(known)
    stop, read = threading.Event(), []

    def upload(n):
        data = random.Random(n).randbytes(5 * MEBIBYTE + n)
        url, at = tus.begin(data), 0
        while at < len(data):
            piece = data[at : at + 400_000 + n]
            answer = tus.patch(url, piece, at)
            assert answer.status_code == 204, answer.text
            at += len(piece)
        return answer.headers["Custos-Clip"], data

    def watch():
        while not stop.is_set():
            assert stored(first) == known
            read.append(1)

    with ThreadPoolExecutor(4) as pool:
        watching = [pool.submit(in_thread(watch)) for _ in range(2)]
        coming = [pool.submit(in_thread(upload), n) for n in range(2)]
        for _ in range(3):
            rotate(harbour)
        clips = [done.result() for done in coming]
        stop.set()
        for done in watching:
            done.result()
    assert read
    for clip, data in clips:
        assert stored(clip) == data
    follow_up()
    with scope(harbour.id):
        newest = StoredObject.objects.exclude(key_version=4)
        assert not newest.filter(erased_at__isnull=True).exists()


def test_an_upload_under_way_goes_on_under_a_new_key(tus, cast_here, stored, row):
    """Its data key moves with the others, so that the old version is not needed for it."""
    data = os.urandom(3 * MEBIBYTE)
    url = tus.begin(data)
    tus.patch(url, data[: MEBIBYTE + 7], 0)
    before = row(url)
    rotate(cast_here.harbour)
    after = row(url)
    assert after.key_version == before.key_version + 1
    assert bytes(after.wrapped_dek) != bytes(before.wrapped_dek)
    assert bytes(after.header) == bytes(before.header)
    forget()
    answer = tus.patch(url, data[MEBIBYTE + 7 :], MEBIBYTE + 7)
    assert stored(answer.headers["Custos-Clip"]) == data


def test_the_root_key_is_replaced_under_uploads_and_then_thrown_away(
    tus, cast_here, stored, settings, in_thread
):
    old, new = settings.ROOT_KEK, new_key()
    data = os.urandom(3 * MEBIBYTE)
    _, before = tus.upload(data)
    url = tus.begin(data)
    tus.patch(url, data[: MEBIBYTE + 7], 0)
    settings.ROOT_KEK, settings.FORMER_ROOT_KEKS = new, [old]
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(in_thread(tus.upload), data[::-1])
        for tenant in (cast_here.harbour, cast_here.museum, cast_here.provider):
            move_to_active_root(actor=ACTOR, tenant=tenant.id)
        _, meanwhile = other.result()
    settings.FORMER_ROOT_KEKS = []
    assert stored(before) == data
    assert stored(meanwhile) == data[::-1]
    answer = tus.patch(url, data[MEBIBYTE + 7 :], MEBIBYTE + 7)
    assert stored(answer.headers["Custos-Clip"]) == data
    with override_settings(ROOT_KEK=old), pytest.raises(Misconfigured):
        stored(before)
    settings.ROOT_KEK, settings.FORMER_ROOT_KEKS = old, [new]
    for tenant in (cast_here.harbour, cast_here.museum, cast_here.provider):
        move_to_active_root(actor=ACTOR, tenant=tenant.id)


@pytest.fixture(scope="module")
def sealed():
    """Everything that is sealed: {(salt and prefix, index, last): hash of the plaintext}."""
    found, real = {}, SegmentSealer.seal

    def seal(self, plaintext, *, last):
        place = (self.header, self.next_index, last)
        digest = hashlib.sha256(plaintext).digest()
        assert found.setdefault(place, digest) == digest, "one nonce for two plaintexts"
        return real(self, plaintext, last=last)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SegmentSealer, "seal", seal)
        yield found


@given(data=st.data(), seed=st.integers(0, 1 << 30))
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_an_offset_that_comes_twice_with_other_bytes_is_never_sealed_under_one_nonce(
    tus, stored, sealed, data, seed
):
    """Clients that send wrong bytes first (refused, cut, or too many) and the right ones then."""
    dice = random.Random(seed)
    content = dice.randbytes(3 * MEBIBYTE)
    url, at, before = tus.begin(content), 0, len(sealed)
    for _ in range(4):
        piece = dice.randrange(1, len(content) - at)
        match data.draw(st.sampled_from(["wrong checksum", "cut checksum", "too many", "right"])):
            case "wrong checksum":
                wrong = dice.randbytes(piece)
                right = checksum(content[at : at + piece])
                while (sent := tus.patch(url, wrong, at, Upload_Checksum=right)).status_code == 423:
                    pass
                assert sent.status_code == 460
            case "cut checksum":
                tus.client.headers["Upload-Checksum"] = checksum(content[at:])
                tus.cut(url, dice.randbytes(len(content) - at), at, piece)
                del tus.client.headers["Upload-Checksum"]
            case "too many":
                wrong = dice.randbytes(len(content) - at)
                # A line that was cut may hold the upload for a moment yet.
                while (sent := tus.patch(url, iter([wrong, b"x"]), at)).status_code == 423:
                    pass
                assert sent.status_code == 413
            case _:
                answer = tus.patch_when_free(url, content[: at + piece])
                assert answer.status_code == 204
        while tus.patch(url, b"", len(content) + 1).status_code == 423:
            pass
        if data.draw(st.booleans()):
            forget()
        at = tus.offset(url)
    answer = tus.patch_when_free(url, content)
    assert stored(answer.headers["Custos-Clip"]) == content
    assert len(sealed) > before
