"""What is not a whole video in a container that we take is refused, with a reason that stays."""

import io
import re
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.media.boxes import box, full_box
from core.media.inside.containers import identify
from core.media.inside.refusal import Refused
from core.media.prepare import make_mezzanine
from core.media.probe import probe
from core.media.sandbox import Limits
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


def patched(data: bytes, place: bytes, offset: int, new: bytes) -> bytes:
    """The clip with other bytes at `offset` behind the first `place` in it."""
    at = data.index(place) + len(place) + offset
    return data[:at] + new + data[at + len(new) :]


def test_a_header_that_claims_a_giant_picture_is_refused():
    """65535 x 65535, as the picture's own header says (JPEG, SOF0) and as the file's does."""
    clip = clip_bytes("odd.avi")
    giant = re.sub(
        rb"(\xff\xc0\x00\x11\x08)....", lambda sof: sof[1] + b"\xff" * 4, clip, flags=re.DOTALL
    )
    assert giant != clip
    assert reason_of(giant) in {"too_large_picture", "undecodable"}
    # The container may claim what it likes: the pictures are as large as they are.
    giant = patched(clip, b"strf", 8, struct.pack("<2I", 65535, 65535))
    assert giant != clip
    report = probe(io.BytesIO(giant))
    assert (report.width, report.height, report.frame_count) == (321, 241, 30)


def test_one_pixel_is_a_picture(tmp_path):
    path = tmp_path / "dot.webm"
    drawing = ["-f", "lavfi", "-i", "color=s=1x1:d=0.2", "-c:v", "libvpx-vp9"]
    pixels = ["-pix_fmt", "yuv420p"]
    subprocess.run([FFMPEG, "-y", "-v", "error", *drawing, *pixels, str(path)], check=True)
    index = make_mezzanine(io.BytesIO(path.read_bytes()), io.BytesIO()).index
    assert (index.width, index.height, index.frame_count) == (1, 1, 5)
    assert (index.coded_width, index.coded_height) == (2, 2)


@pytest.mark.parametrize("table", [b"stsz", b"stts", b"stsc", b"stco", b"ctts", b"stss"])
def test_a_table_of_billions_of_entries_ends_soon(table):
    """Whether the rest of the clip is still readable does not matter; that it ends does."""
    at = 8 if table == b"stsz" else 4
    clip = patched(clip_bytes("b-frames.mp4"), table, at, b"\xff\xff\xff\xff")
    limits = Limits(wall_seconds=30, cpu_seconds=20, memory_bytes=1 << 30)
    report = probe(io.BytesIO(clip), limits=limits)
    assert report.accepted or report.reason in {"damaged", "undecodable", "no_video_stream"}
    assert report.frame_count <= 30


def test_an_index_that_promises_billions_of_frames_is_not_believed():
    clip = patched(clip_bytes("old.avi"), b"avih", 20, b"\xff\xff\xff\xff")
    assert probe(io.BytesIO(clip)).frame_count == 30


FOREIGN = b"/etc/passwd"


@pytest.mark.parametrize(
    "data",
    [
        # A QuickTime reference movie, alone and with media of its own.
        box(b"moov", box(b"rmra", box(b"rmda", full_box(b"rdrf", 0, 0, b"url ", FOREIGN)))),
        box(b"ftyp", b"qt  ") + box(b"moov", box(b"rmra", FOREIGN)) + box(b"mdat", b"x" * 64),
        box(b"ftyp", b"isom") + b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n",
        b"#EXTM3U\n".ljust(188, b"\n") * 9,
        b"G" + b"#EXTM3U\n".ljust(187) + b"GGGGG",
        b"[playlist]\nFile1=/etc/passwd\n",
        b"<SAMI><BODY><IMG SRC='/etc/passwd'></SAMI>",
        b"[Script Info]\nVideo File: /etc/passwd\n",
        b"1\n00:00:00,000 --> 00:00:01,000\n/etc/passwd\n",
        b"frame-%03d.jpg\n",
        b"concat:/etc/passwd|/etc/hosts",
        b"subfile,,start,0,end,0,,:/etc/passwd",
        b";FFMETADATA1\ntitle=x\n",
        b"<?xml version='1.0'?><MPD><BaseURL>file:///etc/passwd</BaseURL></MPD>",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 9 RTP/AVP 96\r\n",
    ],
)
def test_what_names_other_files_is_refused_and_nothing_of_them_is_told(data):
    report = probe(io.BytesIO(data))
    assert not report.accepted
    assert "root:" not in (report.message or "")


def test_a_movie_whose_pictures_lie_in_another_file_reads_none_of_it():
    """The data reference says `alis`, a path, instead of `url `, this file."""
    clip = clip_bytes("plain.mp4")
    start = clip.index(b"url ") - 4
    alias = bytes(150)
    foreign = clip[:start] + clip[start : start + 4] + b"alis" + clip[start + 8 :]
    report = probe(io.BytesIO(foreign + box(b"free", alias)))
    assert report.reason in {None, "damaged", "undecodable", "no_video_stream"}
    assert report.frame_count in {0, 30}


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
