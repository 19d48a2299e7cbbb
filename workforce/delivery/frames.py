"""The frames of a delivered clip: number, times and picture hash, a line of JSON for each."""

import json
from dataclasses import dataclass
from typing import BinaryIO

from core.errors import Conflict
from core.media.digests import PictureDigests
from workforce.labels.formats.clip import SourceTimes


@dataclass(frozen=True, slots=True)
class ClipFrames:
    """What `frames.jsonl` of a clip says (workforce.delivery.proof)."""

    digests: PictureDigests
    source: SourceTimes | None

    @property
    def time_base(self) -> tuple[int, int]:
        return self.digests.time_base

    @property
    def source_time_base(self) -> list[int] | None:
        return None if self.source is None else list(self.source.time_base)

    def write(self, out: BinaryIO) -> None:
        """Write one line a frame."""
        for number, (pts, sha256) in enumerate(
            zip(self.digests.pts, self.digests.sha256, strict=True)
        ):
            line = {
                "frame": number,
                "pts": pts,
                "source_pts": None if self.source is None else self.source.pts[number],
                "sha256": sha256,
            }
            out.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")


def clip_frames(
    digests: PictureDigests, *, source: SourceTimes | None, expected: int
) -> ClipFrames:
    """Pair the delivered frames with the source's.

    Raises Conflict when they are not as many as the labels count: a label would sit on another
    frame than the one it was drawn on.
    """
    counts = {len(digests.pts), expected} | ({len(source.pts)} if source else set())
    if len(counts) != 1:
        raise Conflict(
            f"The redacted footage has {len(digests.pts)} frames where the labels count "
            f"{expected}. Redact the clip again."
        )
    return ClipFrames(digests, source)
