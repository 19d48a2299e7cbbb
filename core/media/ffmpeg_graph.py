"""ffmpeg's command lines, made by ffmpeg-python: NUT in, fragmented MP4 out, times untouched."""

import os
from typing import Any

import ffmpeg

# One group of pictures is one fetch of the player and one receipt in the log.
GOP_FRAMES = 25
_QUARTER_TURNS = {
    0: (),
    90: (("transpose", "clock"),),
    180: (("hflip",), ("vflip",)),
    270: (("transpose", "cclock"),),
}
# Frames between the threads of the encoder cost memory: four are enough for one clip.
_THREADS = min(4, os.cpu_count() or 1)
_FRAGMENTS = "+frag_keyframe+empty_moov+default_base_moof+frag_discont"
# ISO/IEC 23091-2 code points that are no statement.
_UNSPECIFIED = (0, 2)


def _upright(facts: dict[str, Any]) -> Any:
    video = ffmpeg.input("pipe:0", format="nut").video
    for name, *values in _QUARTER_TURNS[facts["rotation"]]:
        video = video.filter(name, *values)
    return video


def _command(streams: list[Any], options: dict[str, Any]) -> list[str]:
    graph = ffmpeg.output(*streams, "pipe:1", **options)
    words = graph.global_args("-nostdin", "-hide_banner", "-loglevel", "error", "-copyts")
    command: list[str] = words.compile(cmd="ffmpeg")
    return command


def _picture_options(facts: dict[str, Any], *, crf: int) -> dict[str, Any]:
    per_second = facts["ticks_per_second"]
    options = {
        "format": "mp4",
        "movflags": _FRAGMENTS,
        "use_editlist": 0,
        "avoid_negative_ts": "disabled",
        "video_track_timescale": per_second,
        "enc_time_base:v": f"1:{per_second}",
        "fps_mode": "passthrough",
        "c:v": "libx264",
        "preset": "veryfast",
        "crf": crf,
        "g": GOP_FRAMES,
        "keyint_min": GOP_FRAMES,
        "sc_threshold": 0,
        "bf": 0,
        "flags": "+cgop+bitexact",
        "fflags": "+bitexact",
        "threads": _THREADS,
        "map_metadata": -1,
        # The encoder's settings in every clip are nobody's business: drop its SEI (type 6).
        "bsf:v": "filter_units=remove_types=6",
    }
    for name, key in (("color_primaries", "primaries"), ("color_trc", "transfer"),
                      ("colorspace", "matrix")):  # fmt: skip
        if facts["color"][key] not in _UNSPECIFIED:
            options[name] = facts["color"][key]
    return options


def mezzanine_arguments(facts: dict[str, Any]) -> list[str]:
    """H.264 yuv420p, no B-frames, a key frame each 25 frames, upright, padded to even size."""
    video = _upright(facts).filter("pad", "ceil(iw/2)*2", "ceil(ih/2)*2")
    return _command([video], _picture_options(facts, crf=20) | {"pix_fmt": "yuv420p"})


def render_arguments(facts: dict[str, Any], *, copy_audio: bool, mute: bool) -> list[str]:
    """H.264 in the picture's own size, and the sound: copied, or coded as AAC, or its silence."""
    streams = [_upright(facts)]
    options = _picture_options(facts, crf=18)
    if facts["keep_audio"]:
        sound = ffmpeg.input("pipe:0", format="nut").audio
        streams.append(sound.filter("volume", 0) if mute else sound)
        options |= {"c:a": "copy"} if copy_audio else {"c:a": "aac", "b:a": "128k"}
        if copy_audio and facts["audio_codec"] == "aac" and facts["container"] == "mpegts":
            # A transport stream repeats the decoder's settings in each packet; an MP4 file has
            # them once, at its head, which then waits for the first packet.
            options["bsf:a"] = "aac_adtstoasc"
            options["movflags"] += "+delay_moov"
    return _command(streams, options)
