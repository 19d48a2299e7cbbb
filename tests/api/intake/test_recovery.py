"""Uploads survive cuts, crashes, other processes and full disks; plaintext lies nowhere."""

import os
import random
import signal
import time
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clock import now
from core.crypto.segments import HEADER_LENGTH
from core.errors import Unavailable
from core.storage.folder import FolderStaging
from tenants.intake import stream
from tests.api.intake.conftest import PATIENCE, Tus, change, token_of
from tests.api.intake.servers import child_server

MEBIBYTE = 1 << 20
MARKER = b"custos plaintext marker 7f3a "


def forget():
    """Forget running hashes, as another process that never had them."""
    stream.memory = stream.HashMemory()
    from tenants.intake import writing

    writing.memory = stream.memory


@given(data=st.data(), size=st.integers(1, 3 * MEBIBYTE))
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_random_cuts_and_processes_change_nothing(tus, stored, data, size):
    """Given any cuts, the offset only grows, and what is stored is what was sent."""
    content = random.Random(size).randbytes(size)
    url, offset = tus.begin(content), 0
    for _ in range(4):
        piece = data.draw(st.integers(0, size - offset))
        if data.draw(st.booleans()):
            forget()
        if data.draw(st.booleans()) and offset + piece < size:
            answer = tus.patch_when_free(url, content[: offset + piece])
            assert answer.status_code == 204
            known = int(answer.headers["Upload-Offset"])
            assert known >= offset + piece
        else:
            while tus.patch(url, b"", size + 1).status_code == 423:
                pass
            if (at := tus.offset(url)) < size:
                tus.cut(url, content[at:], at, min(piece, size - at - 1))
            known = tus.offset(url)
            assert known >= at
        assert offset <= known <= size
        offset = known
        if offset == size:
            break
    if "Custos-Clip" not in tus.client.head(url).headers:
        assert tus.patch_when_free(url, content).status_code == 204
    assert stored(tus.client.head(url).headers["Custos-Clip"]) == content


def test_a_cut_keeps_what_had_arrived(tus, stored):
    data = os.urandom(3 * MEBIBYTE)
    url = tus.begin(data)
    tus.cut(url, data, 0, 2 * MEBIBYTE + 500)
    answer = tus.patch_when_free(url, data)
    assert stored(answer.headers["Custos-Clip"]) == data


def test_a_cut_body_with_a_checksum_does_not_count(tus, stored):
    data = os.urandom(2 * MEBIBYTE)
    url = tus.begin(data)
    tus.client.headers["Upload-Checksum"] = "sha1 " + "A" * 27 + "="
    tus.cut(url, data, 0, MEBIBYTE + 500)
    del tus.client.headers["Upload-Checksum"]
    answer = tus.patch_when_free(url, data)
    assert stored(answer.headers["Custos-Clip"]) == data


def test_another_process_recomputes_the_hash(tus, stored, row):
    data = os.urandom(3 * MEBIBYTE)
    url = tus.begin(data)
    tus.patch(url, data[: MEBIBYTE + 7], 0)
    header = bytes(row(url).header)
    forget()
    answer = tus.patch(url, data[MEBIBYTE + 7 :], MEBIBYTE + 7)
    assert stored(answer.headers["Custos-Clip"]) == data
    # It was left in order, so the same stream went on.
    assert bytes(row(url).header) == header


def test_after_a_crash_nothing_more_is_sealed_under_the_old_salt(tus, stored, row):
    data = os.urandom(3 * MEBIBYTE)
    url = tus.begin(data)
    tus.patch(url, data[: MEBIBYTE + 7], 0)
    before = row(url)
    # A writer that sealed a segment of other bytes, and died before it counted.
    change(before, writer=before.id, writer_until=now() + timedelta(seconds=60))
    assert tus.patch(url, data[MEBIBYTE + 7 :], MEBIBYTE + 7).status_code == 423
    change(before, writer_until=now() - timedelta(seconds=1))
    answer = tus.patch(url, data[MEBIBYTE + 7 :], MEBIBYTE + 7)
    assert stored(answer.headers["Custos-Clip"]) == data
    after = row(url)
    assert bytes(after.header) != bytes(before.header)
    assert bytes(after.commitment) != bytes(before.commitment)


def test_bytes_in_the_store_that_do_not_count_are_left_behind(tus, stored, row, store_folder):
    data = os.urandom(3 * MEBIBYTE)
    url = tus.begin(data)
    tus.patch(url, data[: MEBIBYTE + 7], 0)
    [staged] = [p for p in (store_folder / "staging").iterdir() if p.name == row(url).store_key]
    with staged.open("ab") as file:
        file.write(b"half a segment")
    answer = tus.patch(url, data[MEBIBYTE + 7 :], MEBIBYTE + 7)
    assert stored(answer.headers["Custos-Clip"]) == data
    assert not staged.exists()


def test_a_store_that_lost_counted_bytes_is_told(tus, row, store_folder):
    data = os.urandom(3 * MEBIBYTE)
    url = tus.begin(data)
    tus.patch(url, data[: MEBIBYTE + 7], 0)
    os.truncate(store_folder / "staging" / row(url).store_key, HEADER_LENGTH + 5)
    answer = tus.patch(url, data[MEBIBYTE + 7 :], MEBIBYTE + 7)
    assert answer.status_code == 500
    assert answer.json()["code"] == "integrity_failed"
    assert "anew" in answer.json()["detail"]


def test_changed_bytes_in_the_store_are_found_on_resume(tus, row, store_folder):
    data = os.urandom(3 * MEBIBYTE)
    url = tus.begin(data)
    tus.patch(url, data[: MEBIBYTE + 7], 0)
    staged = store_folder / "staging" / row(url).store_key
    raw = bytearray(staged.read_bytes())
    raw[5000] ^= 1
    staged.write_bytes(raw)
    forget()
    answer = tus.patch(url, data[MEBIBYTE + 7 :], MEBIBYTE + 7)
    assert answer.json()["code"] == "integrity_failed"


def test_a_full_disk_is_told_and_the_upload_goes_on_later(tus, stored, monkeypatch):
    data = os.urandom(3 * MEBIBYTE)
    url = tus.begin(data)
    tus.patch(url, data[: MEBIBYTE + 7], 0)
    real, calls = FolderStaging.write, []

    def full(self, piece):
        calls.append(len(piece))
        if len(calls) > 1:
            real(self, bytes(piece)[:1000])
            raise Unavailable("The object store is full. Try again when there is space.")
        return real(self, piece)

    with monkeypatch.context() as patch:
        patch.setattr(FolderStaging, "write", full)
        answer = tus.patch(url, data[MEBIBYTE + 7 :], MEBIBYTE + 7)
    assert answer.status_code == 503
    assert "full" in answer.json()["detail"]
    assert tus.offset(url) == MEBIBYTE + 7
    answer = tus.patch(url, data[MEBIBYTE + 7 :], MEBIBYTE + 7)
    assert stored(answer.headers["Custos-Clip"]) == data


def test_a_crash_between_the_store_and_the_row_loses_nothing(tus, stored, monkeypatch):
    from tenants.intake.writing import Writer

    data = os.urandom(2 * MEBIBYTE)
    url = tus.begin(data)
    tus.patch(url, data[: MEBIBYTE + 7], 0)

    def crashed(*_):
        raise Unavailable("The database does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "_register", crashed)
        assert tus.patch(url, data[MEBIBYTE + 7 :], MEBIBYTE + 7).status_code == 503
    answer = tus.patch_when_free(url, data)
    assert stored(answer.headers["Custos-Clip"]) == data


def test_a_long_request_counts_its_progress(tus, row, monkeypatch):
    from tenants.intake import tus as app

    monkeypatch.setattr(app, "CHECKPOINT_SEGMENTS", 1)
    data = os.urandom(4 * MEBIBYTE)
    url = tus.begin(data)
    tus.patch(url, data[:100], 0)
    seen = []

    def slowly():
        yield data[100 : 3 * MEBIBYTE]
        while (offset := row(url).offset) <= 100:
            time.sleep(0.01)
        seen.append(offset)
        yield data[3 * MEBIBYTE :]

    assert tus.patch(url, slowly(), 100).status_code == 204
    assert 100 < seen[0] <= 3 * MEBIBYTE


def test_a_client_that_falls_silent_is_let_go(tus, stored, monkeypatch):
    from tenants.intake import tus as app

    monkeypatch.setattr(app, "IDLE_LIMIT", 0.2)
    data = os.urandom(1000)
    url = tus.begin(data)

    def silent():
        yield data[:400]
        while not row_offset():
            time.sleep(0.02)
        yield data[400:]

    def row_offset():
        return tus.client.head(url).headers["Upload-Offset"] != "0"

    answer = tus.patch(url, silent(), 0)
    assert answer.status_code == 408
    assert tus.offset(url) == 400
    last = tus.patch_when_free(url, data)
    assert stored(last.headers["Custos-Clip"]) == data


def test_a_writer_that_lost_its_lease_changes_nothing(tus, row):
    from tenants.intake.models import Upload

    data = os.urandom(2 * MEBIBYTE)
    url = tus.begin(data)

    def overtaken():
        yield data[:100]
        while row(url).writer is None:
            time.sleep(0.01)
        change(row(url), writer=row(url).id)
        yield data[100:]

    answer = tus.patch(url, overtaken(), 0)
    assert answer.status_code == 409
    assert answer.json()["code"] == "lease_lost"
    assert row(url).state == Upload.State.OPEN
    assert row(url).offset == 0


def test_a_server_killed_in_the_middle_is_replaced_and_the_upload_goes_on(
    tus, cast_here, store_folder, stored, row
):
    data = os.urandom(5 * MEBIBYTE)
    token = token_of(cast_here.umar, cast_here.harbour)
    headers = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
    with (
        child_server(store_folder) as (base, process),
        httpx.Client(base_url=base, headers=headers, timeout=PATIENCE) as http,
    ):
        there = Tus(cast_here, base, "harbour", http)
        url = there.begin(data)
        there.patch(url, data[: MEBIBYTE + 9], 0)

        def killed():
            yield data[MEBIBYTE + 9 : 4 * MEBIBYTE]
            while row(url).writer is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
            yield data[4 * MEBIBYTE :]

        with pytest.raises(httpx.TransportError):
            there.patch(url, killed(), MEBIBYTE + 9)
    assert tus.offset(url) == MEBIBYTE + 9
    change(row(url), writer_until=now())
    answer = tus.patch_when_free(url, data)
    assert stored(answer.headers["Custos-Clip"]) == data


def files_with(marker, *folders):
    """Files below the folders that hold the marker, open and unlinked ones of ours included."""
    found = []
    for folder in folders:
        for path in folder.rglob("*"):
            try:
                if path.is_file() and marker in path.read_bytes():
                    found.append(path)
            except (FileNotFoundError, PermissionError):
                continue
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = descriptor.readlink()
            if str(target).endswith("(deleted)") and descriptor.is_file():
                found += [target] if marker in descriptor.read_bytes() else []
        except (FileNotFoundError, OSError):
            continue
    return found


def test_plaintext_lies_nowhere(tus, stored, data_layout, store_folder, tmp_path, monkeypatch):
    """Store, database files, journal, temporary folder, unlinked files: at each stage."""
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setenv("TMPDIR", str(spool))
    monkeypatch.setattr("tempfile.tempdir", str(spool))
    data = MARKER * (3 * MEBIBYTE // len(MARKER))
    url = tus.begin(data)
    places = (data_layout.root, store_folder, spool)
    tus.patch(url, data[: MEBIBYTE + 999], 0)
    assert files_with(b"gate.mp4", data_layout.root), "the search finds what is in the database"
    assert not files_with(MARKER, *places)
    tus.cut(url, data[MEBIBYTE + 999 :], MEBIBYTE + 999, MEBIBYTE)
    assert not files_with(MARKER, *places)
    answer = tus.patch_when_free(url, data)
    assert not files_with(MARKER, *places)
    assert stored(answer.headers["Custos-Clip"]) == data
    assert not files_with(MARKER, *places)
