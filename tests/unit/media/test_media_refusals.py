"""What is not a whole video in a container that we take is refused, with a reason that stays."""

import io
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.media.inside.containers import identify
from core.media.inside.refusal import Refused
from core.media.probe import probe
from tests.media_clips import FFMPEG, clip_bytes


class Bytes(io.BytesIO):
    """As the child sees a source: with a size."""

    @property
    def size(self) -> int:
        return len(self.getvalue())


def reason_of(data: bytes) -> str | None:
    report = probe(io.BytesIO(data))
    assert report.accepted == (report.reason is None)
    assert report.accepted or report.message
    return report.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"x", "not_video"),
        (b"just some text\n" * 100, "not_video"),
        (b"\xff\xd8\xff\xe0" + bytes(1000), "not_video"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), "not_video"),
        (b"PK\x03\x04" + bytes(1000), "not_video"),
        (b"\0\0\0\x18ftypavif" + bytes(1000), "not_video"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "playlist"),
        (b"\xef\xbb\xbf\n#EXTM3U\n", "playlist"),
        (b"ffconcat version 1.0\nfile x\n", "playlist"),
        (b"file 'a.mp4'\nfile 'b.mp4'\n", "playlist"),
        (b"<?xml version='1.0'?><MPD/>", "playlist"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n", "playlist"),
        (b"FLV\x01" + bytes(100), "unsupported_container"),
        (b"OggS" + bytes(100), "unsupported_container"),
        (b"\0\0\x01\xba" + bytes(100), "unsupported_container"),
        (b"RIFF\x10\0\0\0WAVEfmt " + bytes(100), "unsupported_container"),
        (b"\0\0\0\x10ftypisom\0\0\0\0", "truncated"),
        (b"\0\0\0\x10ftypisom\0\0\0\0\xff\xff\xff\xffmdat", "truncated"),
        (b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x01moov\0\0", "truncated"),
        (b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\x08moov", "truncated"),
        (b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\x08moov\0\0\0\x08mdat", "no_video_stream"),
        (b"RIFF\xff\xff\0\0AVI LIST" + bytes(100), "truncated"),
        (b"RIFF\x10\0\0\0AVI LIST" + bytes(100), "damaged"),
        (b"\x1a\x45\xdf\xa3" + bytes(2000), "damaged"),
    ],
)
def test_bytes_that_are_no_clip(data, reason):
    assert reason_of(data) == reason


@pytest.mark.parametrize("name", ["plain.mp4", "moov-first.mp4", "old.avi", "variable.mkv"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_clip_that_was_cut_off(name, share):
    data = clip_bytes(name)
    assert reason_of(data[: int(len(data) * share)]) == "truncated"


def test_sound_alone_is_no_clip(tmp_path):
    path = tmp_path / "sound.mp4"
    subprocess.run(
        [FFMPEG, "-y", "-v", "error", "-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", str(path)],
        check=True,
    )
    assert reason_of(path.read_bytes()) == "no_video_stream"


def test_a_codec_that_nobody_knows():
    data = clip_bytes("plain.mp4").replace(b"avc1", b"zzz9")
    assert reason_of(data) in {"unsupported_codec", "undecodable"}


def test_pictures_that_no_player_shows_are_too_large(tmp_path):
    path = tmp_path / "wide.avi"
    size = ["-f", "lavfi", "-i", "color=s=8200x64:d=0.1", "-c:v", "mjpeg"]
    subprocess.run([FFMPEG, "-y", "-v", "error", *size, str(path)], check=True)
    assert reason_of(path.read_bytes()) == "too_large_picture"


def test_a_picture_that_changes_its_size_is_refused():
    small, large = clip_bytes("stream.ts"), clip_bytes("large.ts")
    assert reason_of(small + large) == "picture_size_changes"


def test_a_clip_without_a_single_good_picture():
    data = bytearray(clip_bytes("plain.mp4"))
    start = data.index(b"mdat") + 4
    end = data.index(b"moov")
    data[start:end] = bytes(end - start)
    assert reason_of(bytes(data)) == "undecodable"


def test_damage_in_the_middle_is_counted_not_hidden():
    data = bytearray(clip_bytes("odd.avi"))
    at = data.index(b"00dc", len(data) // 2)
    data[at + 8 : at + 200] = bytes(192)
    report = probe(io.BytesIO(bytes(data)))
    assert report.accepted
    assert report.damaged + report.frame_count >= 30


@pytest.mark.parametrize(
    ("name", "container", "demuxer"),
    [
        ("plain.mp4", "mp4", "mov"),
        ("upside-down.mov", "mov", "mov"),
        ("variable.mkv", "matroska", "matroska"),
        ("web.webm", "webm", "matroska"),
        ("old.avi", "avi", "avi"),
        ("stream.ts", "mpegts", "mpegts"),
    ],
)
def test_the_container_is_told_by_content(name, container, demuxer):
    found = identify(Bytes(clip_bytes(name)))
    assert (found.name, found.demuxer) == (container, demuxer)


def test_a_transport_stream_with_time_codes_is_one_too():
    packets = clip_bytes("stream.ts")
    timed = b"".join(b"\0\0\0\0" + packets[at : at + 188] for at in range(0, len(packets), 188))
    assert identify(Bytes(timed)).name == "mpegts"
    assert probe(io.BytesIO(timed)).frame_count == 30


REASONS = {"empty", "not_video", "playlist", "truncated", "unsupported_container"}


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_named_or_refused(data):
    for prefix in (b"", b"\0\0\0\x10ftyp", b"RIFF\0\0\0\0AVI ", b"\x1a\x45\xdf\xa3", b"\x47"):
        try:
            assert identify(Bytes(prefix + data)).demuxer
        except Refused as refusal:
            assert refusal.reason in REASONS  # noqa: PT017 (either outcome is right)
