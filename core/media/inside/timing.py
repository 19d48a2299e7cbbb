"""Ticks: the source's time base, made fine enough for a track of an MP4 file."""

from fractions import Fraction

from core.media.inside.channel import Channel

# ffmpeg's own floor for the time scale of an MP4 track.
LEAST_TICKS_PER_SECOND = 10_000
# A rendering is written this much later, so that sound that starts before zero (it primes its
# decoder) needs no negative times, which NUT lacks; the writer of the file takes it off again.
LEAD_SECONDS = 10
#: Two days at 30 pictures a second; the parent believes in no more.
MAX_FRAMES = 5_000_000
_TIMES_PER_MESSAGE = 4096


def tick_of(time_base: Fraction) -> Fraction:
    """A tick 1/n that every time of the source is a whole number of, at least 10,000 a second."""
    per_second = time_base.denominator
    while per_second < LEAST_TICKS_PER_SECOND:
        per_second *= 2
    return Fraction(1, per_second)


class Times:
    """Tells the parent, frame by frame, the source's pts and the tick at which it is written."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._last = -1
        self._pairs: list[tuple[int, int]] = []

    def add(self, pts: int, tick: int) -> int:
        """The tick to write: at least one after the last, because MP4 has no two equal times."""
        self._last = max(tick, self._last + 1)
        self._pairs.append((pts, self._last))
        if len(self._pairs) == _TIMES_PER_MESSAGE:
            self.close()
        return self._last

    def close(self) -> None:
        self._channel.send(self._pairs)
        self._pairs = []


class BestEffort:
    """When a decoded frame is shown, from what its container and its decoder say of it.

    Containers like AVI store no presentation times, and broken muxers wrong ones. The rule is that
    of libavcodec (guess_correct_pts in decode.c), so that our times are those that ffprobe calls
    best_effort_timestamp: whichever clock has run backwards less often is believed.
    """

    def __init__(self) -> None:
        self._last_pts: int | None = None
        self._last_dts: int | None = None
        self._faulty_pts = 0
        self._faulty_dts = 0

    def time(self, pts: int | None, dts: int | None) -> int | None:
        """Take both clocks of the next frame in order of presentation; None without any."""
        if dts is not None:
            self._faulty_dts += self._last_dts is not None and dts <= self._last_dts
            self._last_dts = dts
        elif pts is not None:
            self._last_dts = pts
        if pts is not None:
            self._faulty_pts += self._last_pts is not None and pts <= self._last_pts
            self._last_pts = pts
        elif dts is not None:
            self._last_pts = dts
        if pts is not None and (dts is None or self._faulty_pts <= self._faulty_dts):
            return pts
        return dts
