"""Drawn clips become ordinary MP4 files."""

import hashlib

import cv2
import pytest

from core.demo.footage import drawn_clip, given_clip
from core.media.encode import EncodingFailed, encode_clip


def test_a_drawn_clip_is_an_mp4_with_every_frame_and_its_hash(tmp_path):
    clip = drawn_clip(tmp_path / "clip.mp4", seed=3, frame_count=30, camera="CAM 09")
    assert clip.sha256 == hashlib.sha256(clip.path.read_bytes()).hexdigest()
    assert clip.size == clip.path.stat().st_size
    assert clip.truth is not None
    assert clip.truth.between(0, 30)
    reader = cv2.VideoCapture(str(clip.path))
    assert reader.get(cv2.CAP_PROP_FPS) == 25
    count = 0
    while True:
        more, picture = reader.read()
        if not more:
            break
        assert picture.shape == (540, 960, 3)
        count += 1
    assert count == 30
    assert given_clip(clip.path).sha256 == clip.sha256


def test_a_path_that_cannot_be_written_is_an_error_with_ffmpegs_words(tmp_path):
    with pytest.raises(EncodingFailed, match=r"clip\.mp4"):
        encode_clip(iter([]), fps=25, width=64, height=64, path=tmp_path / "nowhere" / "clip.mp4")
