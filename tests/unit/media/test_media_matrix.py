"""Codecs by containers, and what recorders do to clips: each frame arrives, at its time."""

import io
from fractions import Fraction

import pytest

from core.media.frames import read_frames
from core.media.prepare import make_mezzanine
from core.media.probe import probe
from tests.media_clips import (
    AAC,
    Recipe,
    ffprobe_packet_times,
    ffprobe_times,
    made,
    number_in,
)

FAST = ("-c:v", "libx264", "-preset", "ultrafast")
CODECS = {
    "h264": (*FAST, "-bf", "2", "-g", "5", "-x264-params", "open-gop=1", "-pix_fmt", "yuv420p"),
    "hevc": (
        *("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
        *("-x265-params", "log-level=error:bframes=2:open-gop=1:keyint=5"),
    ),
    "mpeg4": ("-c:v", "mpeg4", "-bf", "2", "-q:v", "2"),
    "mjpeg": ("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj422p"),
    "vp9": (
        *("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-pix_fmt", "yuv420p"),
        *("-auto-alt-ref", "1", "-lag-in-frames", "8", "-b:v", "1M"),
    ),
    "av1": ("-c:v", "libsvtav1", "-preset", "10", "-crf", "20", "-svtav1-params", "lp=1"),
    "mpeg2": ("-c:v", "mpeg2video", "-bf", "2", "-q:v", "2"),
}
CONTAINERS = {
    "h264": "mp4 mov mkv avi ts",
    "hevc": "mp4 mov mkv ts",
    "mpeg4": "mp4 mov mkv avi ts",
    "mjpeg": "mp4 mov mkv avi",
    "vp9": "mp4 mkv webm",
    "av1": "mp4 mkv webm",
    "mpeg2": "mov mkv ts",
}
FRAMES = 12


def recipe(name: str, codec: tuple[str, ...] = CODECS["h264"], **options) -> Recipe:
    return Recipe(name, codec, **{"frames": FRAMES, "width": 160, "height": 120, **options})


def pixels(kind: str) -> tuple[str, ...]:
    return (*FAST, "-pix_fmt", kind)


ORDINARY = [
    recipe(f"{codec}.{suffix}", CODECS[codec])
    for codec, suffixes in CONTAINERS.items()
    for suffix in suffixes.split()
]
COVER = ("-i", "{clip}", "-i", "{picture}", "-c", "copy")
PECULIAR = [
    recipe("ten-bit.mp4", pixels("yuv420p10le")),
    recipe("ten-bit.mov", ("-c:v", "prores", "-pix_fmt", "yuv422p10le")),
    recipe("4-2-2.mov", pixels("yuv422p")),
    recipe("4-4-4.mkv", pixels("yuv444p")),
    recipe("full-range.mp4", (*pixels("yuvj420p"), "-color_range", "pc")),
    recipe("grey.mp4", pixels("gray")),
    recipe("grey-ten-bit.mkv", pixels("gray10le")),
    recipe("interlaced.mp4", (*pixels("yuv420p"), "-flags", "+ildct+ilme", "-x264opts", "tff=1")),
    recipe("stretched.mp4", (*CODECS["h264"], "-vf", "setsar=4/3")),
    recipe("odd.mkv", pixels("yuv444p"), width=161, height=121),
    recipe("odd-turned.mp4", pixels("yuv444p"), width=161, height=121, rotation=90),
    recipe("uneven.ts", variable=True),
    recipe("uneven.mov", CODECS["mpeg4"], variable=True),
    recipe("one.mkv", frames=1),
    recipe("one.ts", frames=1),
    recipe("one.webm", CODECS["vp9"], frames=1),
    recipe("two.avi", CODECS["mpeg4"], frames=2),
    recipe("two-sounds.mp4", sound=AAC, mux=("-map", "0:v", "-map", "1:a", "-map", "1:a")),
    recipe("sound-first.mkv", sound=AAC, mux=("-map", "1:a", "-map", "0:v")),
    recipe("subtitles.mkv", again=("-i", "{clip}", "-i", "{words}", "-c", "copy")),
    recipe("subtitles.mp4", again=("-i", "{clip}", "-i", "{words}", "-c:v", "copy", "-c:s",
                                   "mov_text")),
    recipe("time-code.mov", mux=("-timecode", "01:00:00:00")),
    recipe("cover-last.mp4", again=(*COVER, "-map", "0", "-map", "1", "-disposition:v:1",
                                    "attached_pic")),
    recipe("cover-first.mp4", again=(*COVER, "-map", "1", "-map", "0", "-disposition:v:0",
                                     "attached_pic")),
    recipe("cut-by-list.mp4", again=("-ss", "0.2", "-i", "{clip}", "-c", "copy")),
    recipe("before-zero.mp4", mux=("-output_ts_offset", "-0.1", "-avoid_negative_ts", "disabled")),
    recipe("before-zero.mkv", mux=("-output_ts_offset", "-0.1", "-avoid_negative_ts", "disabled")),
    recipe("late.mkv", mux=("-output_ts_offset", "3.217")),
    recipe("clock-wraps.ts", mux=("-output_ts_offset", "95442.2")),
    recipe("fragments.mp4", mux=("-movflags", "+frag_every_frame+empty_moov+default_base_moof")),
    recipe("index-in-front.mov", mux=("-movflags", "+faststart")),
    recipe("live.mkv", mux=("-live", "1")),
    recipe("key-frames-only.avi", (*pixels("yuv420p"), "-g", "1")),
]  # fmt: skip


@pytest.mark.parametrize("clip", ORDINARY + PECULIAR, ids=lambda clip: clip.name)
def test_every_frame_arrives_at_its_time(clip, tmp_path):
    data = made(clip)
    report = probe(io.BytesIO(data))
    assert report.accepted, report.message
    assert report.pts == expected_times(clip, data, tmp_path)
    assert report.damaged == 0

    sink = io.BytesIO()
    index = make_mezzanine(io.BytesIO(data), sink).index
    assert index.pts == report.pts
    base = Fraction(*report.time_base)
    times, tick = ffprobe_times(sink.getvalue(), tmp_path)
    assert [time * Fraction(tick) for time in times] == [
        (pts - report.pts[0]) * base for pts in report.pts
    ]
    if not clip.rotation:
        first = CUT_AT_THE_START.get(clip.name, 0)
        shown = [number_in(frame.pixels) for frame in read_frames(io.BytesIO(sink.getvalue()))]
        assert shown == list(range(first, clip.frames))


# Their edit lists begin after so many frames, which no player shows.
CUT_AT_THE_START = {"cut-by-list.mp4": 5, "before-zero.mp4": 3}


def expected_times(clip: Recipe, data: bytes, folder) -> list[int]:
    if clip.name.startswith("av1"):
        return ffprobe_packet_times(data, folder)
    return ffprobe_times(data, folder)[0]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("stretched.mp4", {"sample_aspect": (4, 3), "width": 160}),
        ("grey.mp4", {"bit_depth": 8}),
        ("ten-bit.mov", {"codec": "prores", "bit_depth": 10, "pixel_format": "yuv422p10le"}),
        ("two-sounds.mp4", {"audio_codec": "aac"}),
        ("av1.webm", {"codec": "av1", "container": "webm"}),
        ("cover-first.mp4", {"codec": "h264", "width": 160}),
        ("odd-turned.mp4", {"rotation": 90, "width": 121, "height": 161}),
    ],
)
def test_what_is_peculiar_is_told(name, facts):
    clip = next(clip for clip in ORDINARY + PECULIAR if clip.name == name)
    report = probe(io.BytesIO(made(clip)), whole=False)
    assert {key: getattr(report, key) for key in facts} == facts


@pytest.mark.shared
def test_all_reference_footage_is_counted_and_timed_as_ffprobe_does(shared_data, tmp_path):

    clips = [path for path in (shared_data / "footage").iterdir() if path.suffix in SUFFIXES]
    assert len(clips) >= 9
    for path in clips:
        data = path.read_bytes()
        report = probe(io.BytesIO(data))
        expected, base = ffprobe_times(data, tmp_path)
        assert report.pts == expected, path.name
        assert "{}/{}".format(*report.time_base) == base, path.name


SUFFIXES = {".mp4", ".mov", ".avi"}
