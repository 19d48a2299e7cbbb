"""Every kind of clip that we take: its frames, their times, its mezzanine, its masked copy."""

import io
import json
from fractions import Fraction
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from core.errors import Invalid
from core.media.errors import MediaRefused
from core.media.frames import read_frames
from core.media.index import FrameIndex
from core.media.prepare import make_mezzanine
from core.media.probe import ProbeReport, probe
from core.media.render import Mask, Rendering, render_masked
from tests.media_clips import RECIPES, clip_bytes, ffprobe_times, number_in

UPRIGHT = [name for name, recipe in RECIPES.items() if not recipe.rotation]
SOUNDING = ["b-frames.mp4", "variable.mp4", "stream.ts", "old.avi", "web.webm", "late.mp4"]


def open_clip(name: str) -> io.BytesIO:
    return io.BytesIO(clip_bytes(name))


def seconds(data: bytes, folder: Path, stream: str = "v:0") -> list[Fraction]:
    """Times of all frames that ffprobe decodes."""
    pts, base = ffprobe_times(data, folder, stream)
    return [tick * Fraction(base) for tick in pts]


@cache
def mezzanine(name: str) -> tuple[bytes, FrameIndex]:
    sink = io.BytesIO()
    made = make_mezzanine(open_clip(name), sink)
    return sink.getvalue(), made.index


@cache
def report_of(name: str) -> ProbeReport:
    return probe(open_clip(name))


@cache
def unmasked(name: str) -> tuple[bytes, Rendering]:
    """The copy that is made with one small mask in its first frame."""
    sink = io.BytesIO()
    made = render_masked(open_clip(name), sink, {0: [Mask((10, 10, 50, 50))]})
    return sink.getvalue(), made


@pytest.mark.parametrize("name", RECIPES)
def test_probe_counts_and_times_frames_as_ffprobe_does(name, tmp_path):
    report = report_of(name)
    expected, base = ffprobe_times(clip_bytes(name), tmp_path)
    assert report.accepted, report.message
    assert report.pts == expected
    assert "{}/{}".format(*report.time_base) == base
    assert report.damaged == 0


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("b-frames.mp4", {"container": "mp4", "codec": "h264", "audio_codec": "aac"}),
        ("upside-down.mov", {"container": "mov", "rotation": 180, "width": 320}),
        ("turned.mp4", {"rotation": 90, "width": 240, "height": 320, "stored_width": 320}),
        ("sideways.mp4", {"rotation": 270, "width": 242, "height": 322}),
        ("variable.mkv", {"container": "matroska", "variable_rate": True, "has_audio": False}),
        ("plain.mp4", {"variable_rate": False, "interlaced": False, "bit_depth": 8}),
        ("web.webm", {"container": "webm", "codec": "vp8", "audio_codec": "opus"}),
        ("ten-bit.mkv", {"codec": "ffv1", "bit_depth": 10}),
        ("interlaced.ts", {"container": "mpegts", "interlaced": True}),
        ("odd.avi", {"container": "avi", "codec": "mjpeg", "width": 321, "height": 241}),
    ],
)
def test_probe_tells_what_a_clip_is(name, facts):
    report = report_of(name)
    assert {key: getattr(report, key) for key in facts} == facts


def test_a_quick_probe_decodes_one_frame_only():
    report = probe(open_clip("b-frames.mp4"), whole=False)
    assert report.accepted
    assert report.frame_count == 1


@pytest.mark.parametrize("name", RECIPES)
def test_each_frame_of_the_source_is_in_the_mezzanine_at_its_time(name, tmp_path):
    data, index = mezzanine(name)
    source = seconds(clip_bytes(name), tmp_path)
    assert seconds(data, tmp_path) == [time - source[0] for time in source]
    assert index.pts == ffprobe_times(clip_bytes(name), tmp_path)[0]
    assert [index.seconds(n) for n in range(index.frame_count)] == pytest.approx(
        [float(time - source[0]) for time in source]
    )


@pytest.mark.parametrize("name", ["b-frames.mp4", "odd.avi", "turned.mp4", "stream.ts"])
def test_the_index_cuts_the_mezzanine_into_decodable_frames(name, tmp_path):
    """Rebuild a bare H.264 stream from what a player would fetch, and decode its numbers."""
    data, index = mezzanine(name)
    assert data[: index.init][4:8] == b"ftyp"
    assert [gop.first for gop in index.gops] == list(range(0, index.frame_count, 25))
    assert index.gops[0].start == index.init
    assert index.gops[-1].last == index.frame_count - 1
    stream = b"".join(_parameter_sets(index.description))
    for gop in index.gops:
        fetched = data[gop.start : gop.end]
        for frame in range(gop.first, gop.last + 1):
            place = index.samples[frame]
            sample = fetched[place.offset - gop.start :][: place.size]
            assert _is_key(sample) == index.is_key(frame)
            stream += _annex_b(sample)
    path = tmp_path / "rebuilt.h264"
    path.write_bytes(stream)
    shown = [number_in(turn_back(name, pixels)) for pixels in decode(path)]
    assert shown == list(range(index.frame_count))
    assert index.codec == "avc1." + index.description[1:4].hex()


def decode(path: Path) -> list[np.ndarray]:
    video, found = cv2.VideoCapture(str(path)), []
    while (answer := video.read())[0]:
        found.append(answer[1])
    video.release()
    return found


def turn_back(name: str, pixels: np.ndarray) -> np.ndarray:
    return np.rot90(pixels, RECIPES[name].rotation // 90)


def _parameter_sets(avcc: bytes) -> list[bytes]:
    found, at = [], 5
    for mask in (0x1F, 0xFF):
        count, at = avcc[at] & mask, at + 1
        for _ in range(count):
            size = int.from_bytes(avcc[at : at + 2], "big")
            found.append(b"\0\0\0\1" + avcc[at + 2 : at + 2 + size])
            at += 2 + size
    return found


def _annex_b(sample: bytes) -> bytes:
    out, at = b"", 0
    while at < len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        out += b"\0\0\0\1" + sample[at + 4 : at + 4 + size]
        at += 4 + size
    return out


def _is_key(sample: bytes) -> bool:
    return sample[4] & 0x1F == 5  # an IDR slice


def test_odd_pictures_are_padded_and_the_index_says_so():
    _, index = mezzanine("odd.avi")
    assert (index.width, index.height) == (321, 241)
    assert (index.coded_width, index.coded_height) == (322, 242)
    assert index.transform == (0, 1, 1)


def test_an_index_survives_being_stored():
    _, index = mezzanine("variable.mp4")
    assert FrameIndex.loads(index.dumps()) == index
    with pytest.raises(ValueError, match="format"):
        FrameIndex.loads(b'{"format": 99}')


def test_an_index_finds_the_gops_of_frames_and_of_bytes():
    _, index = mezzanine("plain.mp4")
    assert [index.gop_of(frame) for frame in (0, 24, 25, 29)] == [0, 0, 1, 1]
    for outside in (-1, 30):
        with pytest.raises(IndexError):
            index.gop_of(outside)
    second = index.gops[1]
    assert list(index.gops_in_bytes(0, index.init)) == []
    assert list(index.gops_in_bytes(0, second.start)) == [0]
    assert list(index.gops_in_bytes(second.start - 1, second.start + 1)) == [0, 1]
    assert list(index.gops_in_bytes(second.start, index.size)) == [1]


def test_thumbnails_show_the_frames_that_they_name():
    made = make_mezzanine(open_clip("plain.mp4"), io.BytesIO(), thumbnails=4)
    places = made.index.thumbnails
    assert 4 <= len(places) <= 8
    for number, place in enumerate(places):
        pixels = cv2.imdecode(np.frombuffer(made.thumbnail(number), np.uint8), cv2.IMREAD_COLOR)
        assert number_in(pixels) == place.frame


def test_progress_ends_at_the_last_frame():
    told: list[int] = []
    make_mezzanine(open_clip("plain.mp4"), io.BytesIO(), progress=told.append)
    assert told == [25, 30]


@pytest.mark.parametrize("name", UPRIGHT)
def test_decoded_frames_are_the_right_ones(name):
    frames = list(read_frames(open_clip(name)))
    assert [frame.frame for frame in frames] == list(range(RECIPES[name].frames))
    assert [number_in(frame.pixels) for frame in frames] == [frame.frame for frame in frames]
    assert frames[0].pixels.shape == (RECIPES[name].height, RECIPES[name].width, 3)


@pytest.mark.parametrize("name", ["turned.mp4", "upside-down.mov", "sideways.mp4"])
def test_decoded_frames_are_upright(name):
    frames = list(read_frames(open_clip(name)))
    assert [number_in(turn_back(name, frame.pixels)) for frame in frames] == list(range(30))


def test_frames_can_be_thinned_bounded_and_shrunk():
    frames = list(
        read_frames(open_clip("b-frames.mp4"), every=7, start=3, stop=30, longest_side=160)
    )
    assert [frame.frame for frame in frames] == [3, 10, 17, 24]
    assert [number_in(frame.pixels) for frame in frames] == [3, 10, 17, 24]
    assert frames[0].pixels.shape == (120, 160, 3)
    assert frames[0].pts == 3 * 512
    assert not frames[0].pixels.flags.writeable


def test_frames_of_what_is_no_clip_are_refused():
    with pytest.raises(MediaRefused) as refusal:
        list(read_frames(io.BytesIO(b"hello")))
    assert refusal.value.reason == "not_video"


@pytest.mark.parametrize("name", RECIPES)
def test_a_masked_copy_keeps_count_times_size_and_sound(name, tmp_path):
    copy, made = unmasked(name)
    recipe = RECIPES[name]
    assert seconds(copy, tmp_path) == seconds(clip_bytes(name), tmp_path)
    assert made.frame_count == recipe.frames
    report = probe(io.BytesIO(copy))
    original = report_of(name)
    assert (report.width, report.height) == (original.width, original.height)
    assert report.rotation == 0
    assert report.has_audio == original.has_audio
    video = cv2.VideoCapture(_written(copy, tmp_path))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == recipe.frames


def _written(data: bytes, folder: Path) -> str:
    path = folder / "copy.mp4"
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize("name", SOUNDING)
def test_sound_stays_in_time(name, tmp_path):
    copy, made = unmasked(name)
    before = seconds(clip_bytes(name), tmp_path, "a:0")
    after = seconds(copy, tmp_path, "a:0")
    if made.audio == "copied":
        # Sound that comes in ticks of 1/1000 s, or starts late, is rounded to one of its own.
        assert after == pytest.approx(before, abs=0.0011)
        assert len(after) == len(before)
    else:
        assert made.audio == "recoded"
        assert after[0] == pytest.approx(before[0], abs=0.03)
        assert after[-1] == pytest.approx(before[-1], abs=0.05)


def test_sound_can_be_dropped(tmp_path):
    sink = io.BytesIO()
    made = render_masked(open_clip("b-frames.mp4"), sink, {}, audio="drop")
    assert made.audio == "dropped"
    assert not probe(io.BytesIO(sink.getvalue())).has_audio


@pytest.mark.parametrize(
    ("mode", "shape"), [("blur", "ellipse"), ("pixelate", "ellipse"), ("solid", "box")]
)
def test_what_is_masked_is_gone_and_the_rest_is_there(mode, shape):
    """The bars under a mask cannot be told; the others still can."""
    box = (96.0, 8.0, 224.0, 112.0)  # bars 3 to 6
    masks = {frame: [Mask(box, shape)] for frame in range(1, 30)}
    sink = io.BytesIO()
    render_masked(open_clip("plain.mp4"), sink, masks, mode=mode)
    originals = [frame.pixels.astype(int) for frame in read_frames(open_clip("plain.mp4"))]
    frames = [frame.pixels for frame in read_frames(io.BytesIO(sink.getvalue()))]
    assert number_in(frames[0]) == 0
    for number, (pixels, original) in enumerate(zip(frames, originals, strict=True)):
        differs = np.abs(pixels.astype(int) - original).max(axis=2)
        assert differs[:, :88].max() < 40
        assert differs[:, 232:].max() < 40
        assert differs[120:].max() < 40
        if number and mode == "solid":
            assert pixels[12:108, 100:220].std() < 4
    assert sharpness(originals[8][44:76, 120:200]) > 100
    under = frames[8].astype(int)[44:76, 120:200]
    if mode == "pixelate":
        assert edges(under) <= 2  # three cells
    else:
        assert sharpness(under) < 12


def edges(region: np.ndarray) -> int:
    """How many neighbouring columns differ visibly."""
    return int((np.abs(np.diff(region.mean(axis=(0, 2)))) > 8).sum())


def sharpness(region: np.ndarray) -> int:
    """The largest step between neighbouring pixels of a row."""
    return int(np.abs(np.diff(region, axis=1)).max())


@pytest.mark.parametrize("name", ["turned.mp4", "upside-down.mov", "sideways.mp4", "odd.avi"])
def test_masks_lie_in_pixels_of_the_upright_picture(name):
    recipe = RECIPES[name]
    box = (20, 30, 80, 70)
    sink = io.BytesIO()
    masks = {frame: [Mask(box, "box")] for frame in range(recipe.frames)}
    render_masked(open_clip(name), sink, masks, mode="solid")
    for before, after in zip(
        read_frames(open_clip(name)), read_frames(io.BytesIO(sink.getvalue())), strict=True
    ):
        covered = after.pixels[30:70, 20:80].astype(int)
        assert np.abs(covered - 128).max() < 20
        differs = np.abs(after.pixels.astype(int) - before.pixels.astype(int)).max(axis=2)
        differs[26:74, 16:84] = 0
        assert differs.max() < 60


def test_an_unknown_mode_is_refused_before_anything_is_read():
    with pytest.raises(Invalid, match="blur, pixelate, solid"):
        render_masked(io.BytesIO(b""), io.BytesIO(), {}, mode="sepia")


def test_the_masked_copy_tells_nothing_of_its_maker():
    copy, _ = unmasked("plain.mp4")
    for word in (b"Lavf", b"Lavc", b"x264", b"encoder"):
        assert word not in copy


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["vtest.avi", "traffic_camera_vfr.mp4", "car-detection.mp4", "pyfeat_single_face.mp4"]
)
def test_real_footage_is_probed_as_ffprobe_does(name, shared_data, tmp_path):
    data = (shared_data / "footage" / name).read_bytes()
    report = probe(io.BytesIO(data))
    assert report.accepted
    assert report.pts == ffprobe_times(data, tmp_path)[0]


@pytest.mark.shared
def test_real_footage_keeps_its_times_and_its_sound(shared_data, tmp_path):
    """HEVC, variable rate, sound: as a telephone writes it."""
    data = (shared_data / "footage" / "pyfeat_noface_face.mov").read_bytes()
    times = seconds(data, tmp_path)
    mezzanine, copy = io.BytesIO(), io.BytesIO()
    make_mezzanine(io.BytesIO(data), mezzanine)
    made = render_masked(io.BytesIO(data), copy, {})
    assert seconds(mezzanine.getvalue(), tmp_path) == [time - times[0] for time in times]
    assert seconds(copy.getvalue(), tmp_path) == times
    assert made.audio == "copied"
    assert seconds(copy.getvalue(), tmp_path, "a:0") == seconds(data, tmp_path, "a:0")


def run_probe(*words: str):
    from core.cli.main import app

    return CliRunner().invoke(app, ["probe", *words])


def test_the_command_prints_the_report_as_json(tmp_path):
    clip = tmp_path / "clip.bin"
    clip.write_bytes(clip_bytes("variable.mp4"))
    result = run_probe(str(clip), "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["accepted"] is True
    assert report["frames"] == 30 == len(report["pts"])
    assert report["time_base"] == "1/12800"
    assert report["has_audio"] is True


def test_the_command_says_why_a_clip_is_refused(tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"ffconcat version 1.0\nfile /etc/passwd\n")
    result = run_probe(str(clip), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["reason"] == "playlist"
    assert "refused (playlist)" in run_probe(str(clip)).stdout


def test_the_command_tells_a_person_what_is_in_a_clip(tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(clip_bytes("turned.mp4"))
    result = run_probe(str(clip))
    assert result.exit_code == 0
    assert "240 x 320" in result.stdout


def test_the_command_fails_clearly_where_no_child_can_be_confined(tmp_path, monkeypatch):
    from core.media import sandbox

    old_kernel = sandbox._BOOTSTRAP.replace(
        "from core.media.inside.main",
        "import core.media.inside.confine as c; c.landlock_version = lambda: 0; "
        "from core.media.inside.main",
    )
    monkeypatch.setattr(sandbox, "_BOOTSTRAP", old_kernel)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(clip_bytes("plain.mp4"))
    result = run_probe(str(clip), "--json")
    assert result.exit_code == 2
    assert "Landlock" in result.output
