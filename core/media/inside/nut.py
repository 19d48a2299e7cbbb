"""Raw pictures with their times to ffmpeg's standard input.

NUT carries timestamps; bare rawvideo has none and drifts by seconds on clips of variable rate.
"""

from fractions import Fraction
from typing import Any

import av
import av.codec.codec

# Sound and pictures are put in order before they are written. Raw pictures are large: wait half a
# second for sound (in microseconds), not the ten that libavformat would (3 GB at 4K).
_OPTIONS = {"write_index": "0", "max_interleave_delta": "500000"}


class NutWriter:
    """Writes one raw video stream, and optionally one copied audio stream, to a descriptor.

    times are in ticks of `tick` seconds and must not be negative.
    """

    def __init__(
        self,
        descriptor: int,
        *,
        width: int,
        height: int,
        pixel_format: str,
        tick: Fraction,
        audio: Any | None = None,
    ) -> None:
        self._media = av.open(f"pipe:{descriptor}", "w", format="nut", options=_OPTIONS)
        self._tick = tick
        self._video = self._media.add_stream("rawvideo", rate=25)
        self._video.width, self._video.height = width, height
        self._video.pix_fmt = pixel_format
        self._video.time_base = tick
        self._video.codec_context.time_base = tick
        self._audio = None if audio is None else self._media.add_stream_from_template(audio)

    def write(self, frame: Any, time: int) -> None:
        frame.pts = time
        frame.time_base = self._tick
        frame.pict_type = 0
        for packet in self._video.encode(frame):
            self._media.mux(packet)

    def write_audio(self, packet: Any) -> None:
        packet.stream = self._audio
        self._media.mux(packet)

    def close(self) -> None:
        self._media.close()
