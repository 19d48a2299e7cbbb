"""The work of the children, done here: no process, so every odd clip costs little."""

import io
import json
import os
import socket
import threading
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.media.inside import confine, main, masking
from core.media.inside.channel import (
    BLOCK_BYTES,
    BYTES,
    DONE,
    HEADER,
    JSON,
    LENGTH,
    READ,
    READ_REQUEST,
    Channel,
    Source,
)
from core.media.inside.framing import read
from core.media.inside.preparing import prepare
from core.media.inside.probing import probe
from core.media.inside.refusal import Refused
from core.media.inside.timing import LEAD_SECONDS, Times, tick_of
from tests.media_clips import RECIPES, clip_bytes, number_in


class Recording(Channel):
    """A channel whose other end is this test."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.said: list[object] = []

    def _send(self, kind, payload):
        self.said.append(json.loads(payload) if kind == JSON else bytes(payload))

    def read_at(self, offset, length):
        return self.data[offset : offset + length]


def source_of(data: bytes) -> tuple[Recording, Source]:
    channel = Recording(data)
    return channel, Source(channel, len(data))


class Written:
    """A file in the place of ffmpeg's standard input."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "nut"

    def __enter__(self) -> int:
        self.file = self.path.open("wb")
        return self.file.fileno()

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.data = self.path.read_bytes()


@pytest.mark.parametrize("name", RECIPES)
def test_probing_says_facts_then_times(name):
    channel, source = source_of(clip_bytes(name))
    assert probe(channel, source, whole=True) == {"damaged": 0}
    facts, times = channel.said
    assert facts["width"] * facts["height"] == RECIPES[name].width * RECIPES[name].height
    assert len(times) == RECIPES[name].frames
    assert times == sorted(times)


def test_probing_one_frame():
    channel, source = source_of(clip_bytes("b-frames.mp4"))
    probe(channel, source, whole=False)
    assert len(channel.said[1]) == 1


def cut(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def emptied(data: bytes) -> bytes:
    """All media zero, the tables as they were."""
    start, end = data.index(b"mdat") + 4, data.index(b"moov")
    return data[:start] + bytes(end - start) + data[end:]


def disfigured(data: bytes) -> bytes:
    """One picture in the middle is rubbish."""
    at = data.index(b"00dc", len(data) // 2)
    return data[: at + 8] + b"\xff" * 100 + data[at + 108 :]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"#EXTM3U", "playlist"),
        (cut(clip_bytes("plain.mp4")), "truncated"),
        (cut(clip_bytes("old.avi")), "truncated"),
        (cut(clip_bytes("variable.mkv")), "truncated"),
        (emptied(clip_bytes("plain.mp4")), "undecodable"),
        (clip_bytes("stream.ts") + clip_bytes("large.ts"), "picture_size_changes"),
        (b"\x1a\x45\xdf\xa3" + bytes(2000), "damaged"),
        (clip_bytes("plain.mp4").replace(b"avc1", b"zzz9"), "unsupported_codec"),
    ],
)
def test_what_cannot_be_decoded_is_refused(data, reason):
    channel, source = source_of(data)
    with pytest.raises(Refused) as refusal:
        probe(channel, source, whole=True)
    assert refusal.value.reason == reason


def test_a_picture_that_is_rubbish_is_counted():
    channel, source = source_of(disfigured(clip_bytes("odd.avi")))
    result = probe(channel, source, whole=True)
    assert len(channel.said[1]) + result["damaged"] >= 30


def test_frames_are_announced_before_their_pixels():
    channel, source = source_of(clip_bytes("turned.mp4"))
    read(channel, source, every=10, start=5, stop=26, longest_side=None)
    announced, pixels = channel.said[::2], channel.said[1::2]
    assert [number for number, *_ in announced] == [5, 15, 25]
    for (number, _, *shape), data in zip(announced, pixels, strict=True):
        picture = np.frombuffer(data, np.uint8).reshape(shape)
        assert picture.shape == (320, 240, 3)
        assert number_in(np.rot90(picture)) == number
    channel, source = source_of(clip_bytes("plain.mp4"))
    read(channel, source, every=1, start=0, stop=1, longest_side=80)
    assert channel.said[0][2:] == [60, 80, 3]


@pytest.mark.parametrize("name", ["plain.mp4", "odd.avi", "late.ts", "variable.mkv"])
def test_preparing_says_when_each_frame_is_shown(name, tmp_path):
    channel, source = source_of(clip_bytes(name))
    nut_file = Written(tmp_path)
    with nut_file as writing:
        assert prepare(channel, source, nut=writing, thumbnails=3) == {"damaged": 0}
    facts, pairs, *thumbnails = channel.said
    assert facts["ticks_per_second"] >= 10_000
    assert len(pairs) == RECIPES[name].frames
    assert pairs[0][1] == 0
    base = Fraction(*facts["time_base"]) * facts["ticks_per_second"]
    assert [tick for _, tick in pairs] == [(pts - pairs[0][0]) * base for pts, _ in pairs]
    frames = [entry["thumbnail"] for entry in thumbnails[::2]]
    assert 3 <= len(frames) <= 6
    for frame, jpeg in zip(frames, thumbnails[1::2], strict=True):
        assert number_in(cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1)) == frame
    assert nut_file.data.startswith(b"nut/multimedia")


@pytest.mark.parametrize("name", ["b-frames.mp4", "late.mp4", "old.avi", "odd.avi", "plain.mp4"])
@pytest.mark.parametrize("keep", [True, False])
def test_rendering_covers_and_copies(name, keep, tmp_path):
    channel, source = source_of(clip_bytes(name))
    masks = {"0": [[10, 10, 60, 60, "ellipse"]], "3": [[-5, -5, 9000, 20, "box"]]}
    nut_file = Written(tmp_path)
    with nut_file as writing:
        masking.render(
            channel, source, nut=writing, masks=masks, mode="blur", keep_audio=keep, kept_tags=[]
        )
    facts, pairs = channel.said
    assert facts["keep_audio"] == (keep and facts["audio_codec"] is not None)
    base = Fraction(*facts["time_base"]) * facts["ticks_per_second"]
    lead = LEAD_SECONDS * facts["ticks_per_second"]
    assert [tick for _, tick in pairs] == [pts * base + lead for pts, _ in pairs]
    assert nut_file.data.startswith(b"nut/multimedia")


@pytest.mark.parametrize("turns", range(4))
def test_a_box_turns_with_its_picture(turns):
    stored = np.zeros((30, 50), np.uint8)
    stored[4:10, 20:28] = 1  # what an upright box should cover
    ys, xs = np.nonzero(np.rot90(stored, -turns))
    upright = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
    assert masking.stored_box(upright, turns, 50, 30) == (20, 4, 28, 10)


@pytest.mark.parametrize("mode", ["blur", "pixelate", "solid"])
def test_covering_changes_the_box_and_nothing_else(mode):
    rng = np.random.default_rng(1)
    plane = rng.integers(0, 256, (40, 60), dtype=np.uint8)
    before = plane.copy()
    masking.cover(plane, (10.4, 5.5, 30.2, 25.1), ellipse=False, mode=mode)
    outside = np.ones(plane.shape, bool)
    outside[5:26, 10:31] = False
    assert (plane[outside] == before[outside]).all()
    assert np.abs(np.diff(plane[5:26, 10:31].astype(int), axis=1)).max() < 60


def test_an_ellipse_covers_all_that_its_outline_touches_and_not_the_corners():
    plane = np.full((40, 40), 10, np.uint8)
    masking.cover(plane, (10, 10, 30, 30), ellipse=True, mode="solid")
    assert plane[20, 10] == plane[10, 20] == plane[29, 20] == 128
    assert plane[10, 10] == plane[29, 29] == 10


@pytest.mark.parametrize("box", [(50, 50, 60, 60), (5, 5, 5, 9), (9, 9, 3, 3), (-9, -9, -1, -1)])
def test_a_box_that_holds_no_pixel_covers_nothing(box):
    plane = np.full((40, 40), 10, np.uint8)
    masking.cover(plane, box, ellipse=False, mode="solid")
    assert (plane == 10).all()


def test_ticks_are_fine_enough_and_exact():
    assert tick_of(Fraction(1, 10)) == Fraction(1, 10240)
    assert tick_of(Fraction(1001, 30000)) == Fraction(1, 30000)
    for base in (Fraction(1, 90000), Fraction(1, 1000), Fraction(1001, 24000)):
        assert (base / tick_of(base)).denominator == 1


def test_two_frames_are_never_written_at_one_time():
    channel = Recording(b"")
    times = Times(channel)
    assert [times.add(pts, pts) for pts in (0, 5, 5, 4, 9)] == [0, 5, 6, 7, 9]
    times.close()
    assert channel.said == [[[0, 0], [5, 5], [5, 6], [4, 7], [9, 9]]]


def test_long_clips_are_told_in_parts():
    channel = Recording(b"")
    times = Times(channel)
    for number in range(5000):
        times.add(number, number)
    times.close()
    assert [len(part) for part in channel.said] == [4096, 904]


def test_a_source_is_a_file():
    data = os.urandom(BLOCK_BYTES * 20 + 17)
    _, source = source_of(data)
    assert source.readable()
    assert source.seekable()
    assert source.read() == data
    assert source.read(10) == b""
    assert source.seek(-5, io.SEEK_END) == len(data) - 5
    assert source.read(100) == data[-5:]
    source.seek(BLOCK_BYTES - 2)
    assert source.seek(-1, io.SEEK_CUR) == BLOCK_BYTES - 3
    assert source.read(8) == data[BLOCK_BYTES - 3 :][:8]
    assert source.tell() == BLOCK_BYTES + 5
    shorter, cut = source_of(data)
    shorter.data = data[:100]
    assert cut.read() == data[:100]


# -- the first lines of a child, with a thread of this test as the parent


def run_main(monkeypatch, entry: str, *, refuse_to_confine: bool = False) -> list[bytes]:
    """What a child says to a parent that gives it five bytes of source."""
    ours, theirs = socket.socketpair()
    descriptor = theirs.detach()
    said: list[bytes] = []

    def lock_in(**_: object) -> None:
        if refuse_to_confine:
            raise confine.CannotConfine("no kernel")

    def leave(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(main, "confine", lock_in)
    monkeypatch.setattr(main.os, "_exit", leave)
    monkeypatch.setattr(main.sys, "argv", ["-c", "/", entry, str(descriptor), "{}"])
    options = json.dumps({"source_bytes": 5}).encode()
    ours.sendall(LENGTH.pack(len(options)) + options)
    parent = threading.Thread(target=lambda: said.extend(serve(ours)))
    parent.start()
    with pytest.raises(SystemExit):
        main.main()
    parent.join()
    ours.close()
    return said


def serve(line: socket.socket) -> list[bytes]:
    said = []
    with line.makefile("rb") as stream:
        while header := stream.read(HEADER.size):
            kind, length = HEADER.unpack(header)
            payload = stream.read(length)
            if kind == READ:
                offset, count = READ_REQUEST.unpack(payload)
                piece = b"12345"[offset : offset + count]
                line.sendall(LENGTH.pack(len(piece)) + piece)
                continue
            said.append(kind + payload)
            if kind not in (JSON, BYTES):
                break
    return said


HERE = "tests.unit.media.inside_entries"


def test_a_child_that_works(monkeypatch):
    assert run_main(monkeypatch, f"{HERE}:echo") == [
        JSON + b'"hello"',
        BYTES + b"12345",
        DONE + b'{"size":5}',
    ]


@pytest.mark.parametrize(
    ("function", "kind", "word"),
    [
        ("refuse", b"X", b"playlist"),
        ("exhaust", b"E", b"out_of_memory"),
        ("stumble", b"E", b"ZeroDivisionError"),
    ],
)
def test_a_child_that_does_not(monkeypatch, capsys, function, kind, word):
    (said,) = run_main(monkeypatch, f"{HERE}:{function}")
    assert said[:1] == kind
    assert word in said


def test_a_child_that_cannot_be_confined_reads_nothing(monkeypatch):
    (said,) = run_main(monkeypatch, f"{HERE}:echo", refuse_to_confine=True)
    assert said == b'U{"message": "no kernel"}'


def test_a_line_that_breaks_is_noticed():
    ours, theirs = socket.socketpair()
    ours.close()
    with theirs, pytest.raises(EOFError):
        Channel(theirs).receive_options()


# -- the parts of the confinement that can be asked without locking this process in


def test_a_second_thread_is_seen_with_and_without_proc(monkeypatch):
    gate = threading.Event()
    thread = threading.Thread(target=gate.wait)
    thread.start()
    try:
        assert not confine._is_alone_without_proc()
        with pytest.raises(confine.CannotConfine, match="more than one thread"):
            confine._require_one_thread()
    finally:
        gate.set()
        thread.join()


def test_where_threads_cannot_be_counted_nothing_is_opened(monkeypatch):
    class Blocked:
        def unshare(self, flags):
            return -1

    monkeypatch.setattr(confine, "_libc", Blocked())
    monkeypatch.setattr(confine.ctypes, "get_errno", lambda: confine.errno.EPERM)
    with pytest.raises(confine.CannotConfine, match="mount /proc"):
        confine._is_alone_without_proc()


def test_each_kernel_is_asked_for_all_that_it_knows():
    sizes = {}
    for version in range(1, 8):
        attributes, size = confine._ruleset_attributes(version)
        assert len(attributes) == size.value
        sizes[version] = size.value
    assert sizes == {1: 8, 2: 8, 3: 8, 4: 16, 5: 16, 6: 24, 7: 24}
    assert confine.landlock_version() >= 1


def test_root_without_the_right_to_step_down_says_what_to_do(monkeypatch):
    def forbidden(groups):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(confine.os, "geteuid", lambda: 0)
    monkeypatch.setattr(confine.os, "setgroups", forbidden)
    monkeypatch.setattr(confine.resource, "setrlimit", lambda *_: None)
    with pytest.raises(confine.CannotConfine, match="CAP_SETUID"):
        confine._drop_root(5)


def test_an_ordinary_user_has_nothing_to_step_down_from(monkeypatch):
    monkeypatch.setattr(confine.os, "geteuid", lambda: 1000)
    confine._drop_root(5)


def test_a_machine_without_libseccomp_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(confine, "seccomp", None)
    with pytest.raises(confine.CannotConfine, match="apt install libseccomp2"):
        confine._seccomp(may_exec=False)


def test_refusals_carry_their_reason():
    refusal = Refused("empty", "The file is empty.")
    assert (refusal.reason, str(refusal)) == ("empty", "The file is empty.")
