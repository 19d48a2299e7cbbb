"""What a clip is, and whether we take it: container, codec, picture, and the time of each frame."""

from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from core.media.errors import MediaFailed, MediaRefused
from core.media.hearsay import checked_damage, checked_facts, checked_times, require_countable
from core.media.sandbox import Child, Limits, SeekableReader

PROBE_LIMITS = Limits(wall_seconds=1800, cpu_seconds=3600)


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """Accepted with facts, or refused with a reason.

    reason: stable code, one of core.media.errors.REASONS; message: for a person.
    width, height: the upright picture (after rotation); stored_*: before. rotation: clockwise
    degrees applied. time_base: seconds per tick as (numerator, denominator). pts: ticks of every
    frame in presentation order. damaged: packets that did not decode.
    """

    accepted: bool
    reason: str | None = None
    message: str | None = None
    container: str | None = None
    codec: str | None = None
    width: int = 0
    height: int = 0
    stored_width: int = 0
    stored_height: int = 0
    rotation: int = 0
    sample_aspect: tuple[int, int] = (1, 1)
    time_base: tuple[int, int] = (0, 1)
    pixel_format: str | None = None
    bit_depth: int = 8
    interlaced: bool = False
    audio_codec: str | None = None
    damaged: int = 0
    pts: list[int] = field(default_factory=list)

    @property
    def frame_count(self) -> int:
        return len(self.pts)

    @property
    def has_audio(self) -> bool:
        return self.audio_codec is not None

    @property
    def variable_rate(self) -> bool:
        steps = {later - earlier for earlier, later in pairwise(self.pts)}
        # A rate that is no whole number of ticks alternates between two neighbours.
        return bool(steps) and max(steps) - min(steps) > 1

    @property
    def duration_seconds(self) -> float:
        """From the first to the last frame, and once more the mean step."""
        if len(self.pts) < 2:
            return 0.0
        span = self.pts[-1] - self.pts[0]
        ticks = span * len(self.pts) / (len(self.pts) - 1)
        return ticks * self.time_base[0] / self.time_base[1]

    def as_json(self) -> dict[str, Any]:
        """The report as `custos probe --json` prints it; `frames` is the count of frames."""
        if not self.accepted:
            why = {"reason": self.reason, "message": self.message}
            return {"accepted": False, **why, "frames": 0, "pts": []}
        facts = asdict(self)
        del facts["reason"], facts["message"]
        facts["time_base"] = "{}/{}".format(*self.time_base)
        facts["sample_aspect"] = "{}:{}".format(*self.sample_aspect)
        facts["has_audio"] = self.has_audio
        facts["variable_rate"] = self.variable_rate
        facts["duration_seconds"] = round(self.duration_seconds, 6)
        facts["frames"] = self.frame_count
        facts["pts"] = facts.pop("pts")
        return facts


def probe(
    source: SeekableReader, *, whole: bool = True, limits: Limits = PROBE_LIMITS
) -> ProbeReport:
    """Open a clip in the sandbox and report on it.

    whole: decode every frame, so that count and times are those of the decoder; otherwise only the
    first frame is decoded and `pts` holds one entry. A child that crashes on the clip is a refusal
    (`undecodable`), one that takes too long too (`too_slow`).
    Raises SandboxUnavailable, and whatever the source raises when it is read.
    """
    with Child(
        "core.media.inside.probing:probe", source=source, options={"whole": whole}, limits=limits
    ) as child:
        try:
            return _report(child)
        except MediaRefused as refusal:
            return ProbeReport(accepted=False, reason=refusal.reason, message=refusal.message)
        except MediaFailed as failure:
            reason = "too_slow" if failure.code == "media_timed_out" else "undecodable"
            return ProbeReport(accepted=False, reason=reason, message=failure.message)


def _report(child: Child) -> ProbeReport:
    facts: dict[str, Any] = {}
    pts: list[int] = []
    damaged = 0
    for message in child.messages():
        if message.last:
            damaged = checked_damage(message.value)
        elif isinstance(message.value, list):
            pts += checked_times(message.value)
            require_countable(len(pts))
        else:
            facts = checked_facts(message.value)
    return report_of(facts, pts, damaged=damaged)


def report_of(facts: dict[str, Any], pts: list[int], *, damaged: int) -> ProbeReport:
    """The report of an accepted clip, from checked facts. Raises MediaFailed without frames."""
    if not pts:
        raise MediaFailed("The media child told of no frame.")
    known = {name: facts[name] for name in ProbeReport.__dataclass_fields__ if name in facts}
    for name in ("sample_aspect", "time_base"):
        known[name] = tuple(known[name])
    return ProbeReport(accepted=True, pts=pts, damaged=damaged, **known)
