"""A copy of a clip in which masked regions are unreadable, and everything else is as it was."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.errors import Invalid
from core.media.errors import MediaFailed
from core.media.ffmpeg_graph import render_arguments
from core.media.fragments import FragmentParser, Init
from core.media.hearsay import checked_damage, checked_facts, checked_pairs, require_countable
from core.media.inside.timing import LEAD_SECONDS
from core.media.movie import MovieWriter, Sink
from core.media.pipeline import transcode
from core.media.sandbox import Limits, SeekableReader
from core.media.tags import Tag, checked_tags

Mode = Literal["blur", "pixelate", "solid"]
Shape = Literal["ellipse", "box"]
Audio = Literal["keep", "mute", "drop"]
SOUNDS: tuple[Audio, ...] = ("keep", "mute", "drop")
MODES: tuple[Mode, ...] = ("blur", "pixelate", "solid")

RENDER_LIMITS = Limits(wall_seconds=4 * 3600, cpu_seconds=8 * 3600)
# Sound that an MP4 file may carry as it is; anything else is coded anew as AAC.
_COPIED_AUDIO = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "mp3float", "opus"})


@dataclass(frozen=True, slots=True)
class Mask:
    """A region of one frame: box (x1, y1, x2, y2) in pixels of the upright source picture.

    shape: the whole box, or the ellipse inscribed in it. Pixels that it touches are covered.
    """

    box: tuple[float, float, float, float]
    shape: Shape = "ellipse"


@dataclass(frozen=True, slots=True)
class Rendering:
    """What was written: frames, size of the picture, and what became of the sound."""

    frame_count: int
    width: int
    height: int
    audio: Literal["none", "dropped", "muted", "copied", "recoded"]
    damaged: int
    #: What the copy says of its recording (core.media.tags).
    tags: tuple[str, ...] = ()


def render_masked(
    source: SeekableReader,
    sink: Sink,
    masks: Mapping[int, Sequence[Mask]],
    *,
    mode: Mode = "blur",
    audio: Audio = "keep",
    keep_tags: Sequence[Tag] = (),
    progress: Callable[[int], None] | None = None,
    limits: Limits = RENDER_LIMITS,
) -> Rendering:
    """Write the clip as MP4 (H.264) with the masks of each frame (0-based) covered.

    Frame count, the time of each frame to the tick, picture size (upright) and sound are kept;
    metadata are not, but for keep_tags. A clip that starts before time zero is moved to zero, its
    sound with it. audio: mute leaves silence that lasts as long, drop no sound track at all.
    mode: blur and pixelate leave at most 3 x 3 averages of a region, solid leaves nothing.
    progress: told how many frames are done. Raises Invalid, MediaRefused, MediaFailed,
    MediaTimedOut, SandboxUnavailable.
    """
    if mode not in MODES:
        raise Invalid(f"There is no mode {mode!r}: take one of {', '.join(MODES)}.", field="mode")
    work = _Work(sink, progress, mute=audio == "mute")
    options = {
        "masks": {str(frame): [[*m.box, m.shape] for m in shapes] for frame, shapes in
                  masks.items()},
        "mode": mode,
        "keep_audio": audio != "drop",
        "kept_tags": list(keep_tags),
    }  # fmt: skip
    result = transcode(
        source,
        work="core.media.inside.masking:render",
        options=options,
        arguments=work.arguments,
        told=work.told,
        wrote=work.wrote,
        limits=limits,
    )
    return work.finish(damaged=checked_damage(result))


class _Work:
    """One rendering while it runs: the facts of its clip, and what has come out so far."""

    def __init__(self, sink: Sink, progress: Callable[[int], None] | None, *, mute: bool) -> None:
        self._parser = FragmentParser()
        self._movie = MovieWriter(sink, origin_seconds=LEAD_SECONDS)
        self._progress = progress
        self._mute = mute
        self._facts: dict[str, Any] = {}
        self._tags: dict[str, str] = {}
        self._ticks: list[int] = []
        self._shown: list[int] = []

    def arguments(self, facts: dict[str, Any]) -> list[str]:
        self._facts = checked_facts(facts)
        self._tags = checked_tags(facts.get("tags", {}))
        copied = facts["audio_codec"] in _COPIED_AUDIO and not self._mute
        return render_arguments(facts, copy_audio=copied, mute=self._mute)

    def told(self, value: Any) -> None:
        self._ticks += [tick for _, tick in checked_pairs(value)]
        require_countable(len(self._ticks))

    def wrote(self, piece: bytes) -> None:
        for found in self._parser.feed(piece):
            if isinstance(found, Init):
                self._movie.start(found)
                self._video = found.video.number
                continue
            self._movie.add(found)
            for run in found.runs:
                if run.track == self._video:
                    self._shown += [sample.shown for sample in run.samples]
            require_countable(len(self._shown))
            if self._progress is not None:
                self._progress(len(self._shown))

    def finish(self, *, damaged: int) -> Rendering:
        self._parser.finish()
        if self._shown != self._ticks:
            raise MediaFailed(
                f"The redacted clip has {len(self._shown)} frames where the source has "
                f"{len(self._ticks)}, or at other times; it was discarded."
            )
        self._movie.finish(self._tags)
        return Rendering(
            frame_count=len(self._shown),
            width=self._facts["width"],
            height=self._facts["height"],
            audio=self._audio(),
            tags=tuple(sorted(self._tags)),
            damaged=damaged,
        )

    def _audio(self) -> Literal["none", "dropped", "muted", "copied", "recoded"]:
        if self._facts["audio_codec"] is None:
            return "none"
        if not self._facts["keep_audio"]:
            return "dropped"
        if self._mute:
            return "muted"
        return "copied" if self._facts["audio_codec"] in _COPIED_AUDIO else "recoded"
