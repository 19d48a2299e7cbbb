"""`custos check-release`: a real package, checked offline; any change is found and named."""

import base64
import io
import json
import subprocess
import sys
import zipfile

import pytest

from core.crypto.signing import Signer
from core.errors import Invalid
from core.storage.vault import open_object
from core.tenancy.scope import scope
from tests import dock
from tests.media_clips import FFMPEG
from workforce.delivery.manifest import sign_manifest, signature_file, signer
from workforce.delivery.models import Release
from workforce.delivery.proof import check_release, find_frames
from workforce.labels.canonical import canonical_json


@pytest.fixture
def package(cast, api, run_jobs):
    """The bytes of a release of one clip of 100 frames."""
    dock.sign(cast)
    clip = dock.finished(cast, run_jobs)
    built = dock.release_of(api(cast.clara), clip, run_jobs)
    assert built["state"] == "ready", built["failure"]
    with scope(cast.harbour.id):
        row = Release.objects.get()
    with open_object(tenant=cast.harbour.id, object_id=row.package_id) as reader:
        return reader.read()


def key() -> bytes:
    return signer().public_key


def rewritten(package, change, *, sign_with=None):
    """The package with its files changed by `change(files)`; signed anew when a key is given."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    if sign_with is not None:
        signature = sign_manifest(json.loads(files["manifest.json"]), sign_with)
        files["manifest.sig"] = signature_file(signature, sign_with.public_key)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def failed(package, *, frames=True, by=None):
    report = check_release(io.BytesIO(package), by or key(), frames=frames)
    return [failure for step in report.steps for failure in step.failures]


def frames_file(files):
    return next(name for name in files if name.endswith("/frames.jsonl"))


def test_a_release_holds_and_each_kind_of_change_is_found(package):
    assert failed(package) == []
    stranger = Signer.generate().public_key
    assert failed(package, frames=False, by=stranger) == ["manifest.json is not what was signed"]

    def late(files):
        files["manifest.json"] = files["manifest.json"].replace(b'"met":true', b'"met":false')

    def other_label(files):
        name = next(name for name in files if name.endswith("gt.txt"))
        files[name] = files[name].replace(b"1", b"2", 1)

    def less(files):
        del files[frames_file(files)]

    def more(files):
        files["extra.txt"] = b"x"

    assert failed(rewritten(package, late), frames=False) == [
        "manifest.json is not what was signed"
    ]
    for change, words in ((other_label, "was changed"), (less, "is missing"), (more, "not in")):
        (failure,) = failed(rewritten(package, change), frames=False)
        assert words in failure


def test_a_frame_that_is_not_what_the_manifest_s_signer_said_is_found(package):
    """Even who holds the key can't say another picture than the one that is delivered."""

    def other_picture(files):
        import hashlib

        name = frames_file(files)
        lines = files[name].splitlines(keepends=True)
        told = json.loads(lines[7])
        told["sha256"] = "0" * 64
        lines[7] = json.dumps(told, separators=(",", ":")).encode() + b"\n"
        files[name] = b"".join(lines)
        manifest = json.loads(files["manifest.json"])
        for entry in manifest["files"]:
            if entry["path"] == name:
                entry["size"] = len(files[name])
                entry["sha256"] = hashlib.sha256(files[name]).hexdigest()
        files["manifest.json"] = canonical_json(manifest)

    own = Signer.generate()
    (failure,) = failed(rewritten(package, other_picture, sign_with=own), by=own.public_key)
    assert "frame 7 is another picture" in failure


def test_a_piece_of_footage_says_which_frames_it_shows(package, tmp_path):
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        name = next(name for name in archive.namelist() if name.endswith("footage.mp4"))
        (tmp_path / "all.mp4").write_bytes(archive.read(name))
    # Cut without decoding, from a key frame on: the pictures stay what they are.
    subprocess.run(
        [FFMPEG, "-y", "-loglevel", "error", "-ss", "1", "-i", str(tmp_path / "all.mp4"),
         "-c", "copy", str(tmp_path / "piece.mp4")],
        check=True, timeout=60,
    )  # fmt: skip
    with (tmp_path / "piece.mp4").open("rb") as piece:
        total, matches = find_frames(io.BytesIO(package), piece)
    assert len(matches) == total > 0
    first = matches[0].frame
    assert [match.frame for match in matches] == list(range(first, 100))
    assert {match.clip for match in matches} == {name.partition("/")[0]}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"not a zip"])
def test_what_is_no_package_is_refused(content):
    with pytest.raises(Invalid, match="no package"):
        check_release(io.BytesIO(content), bytes(32))


def test_a_zip_of_another_form_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("manifest.json", "{}")
        archive.writestr("manifest.sig", "AA==\nAA==\n")
    with pytest.raises(Invalid, match="form"):
        check_release(out, bytes(32))


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-P", "-m", "core.cli", "check-release", *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_command_verifies_and_says_so_by_its_exit_code(package, tmp_path):
    path = tmp_path / "release.zip"
    path.write_bytes(package)
    told = base64.b64encode(key()).decode()
    (tmp_path / "key").write_text(told + "\n")

    good = run(path, "--key", tmp_path / "key")
    wrong = run(path, "--key", base64.b64encode(bytes(32)).decode(), "--no-frames", "--json")

    assert (good.returncode, "Verified." in good.stdout) == (0, True), good.stdout + good.stderr
    assert wrong.returncode == 1
    assert json.loads(wrong.stdout)["steps"][0]["failed"] == 1
    assert run(path, "--key", "abc").returncode == 2
    (tmp_path / "cut.zip").write_bytes(package[:1000])
    assert run(tmp_path / "cut.zip", "--key", told).returncode == 2
