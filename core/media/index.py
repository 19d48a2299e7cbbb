"""The frame index of a mezzanine: which frame of the source is where in the file, and when.

The player fetches a group of pictures (GOP) by number, cuts it by `samples`, and gives
the pieces to a WebCodecs decoder configured with `codec` and `description`. Frames are 0-based, of
the whole clip, in presentation order; the mezzanine has no B-frames, so that is also file order.
"""

import json
from base64 import b64decode, b64encode
from bisect import bisect_right
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

FORMAT = 1


class Gop(NamedTuple):
    """Frames first..last (both included), in the bytes start..end (end excluded) of the file.

    The first frame is a key frame, the others are not; the bytes are one whole fragment.
    """

    first: int
    last: int
    start: int
    end: int


class SamplePlace(NamedTuple):
    """Bytes of one frame in the file."""

    offset: int
    size: int


class ThumbnailPlace(NamedTuple):
    """Bytes start..end (end excluded) of the thumbnail sheet: a JPEG of one frame."""

    frame: int
    start: int
    end: int


class Transform(NamedTuple):
    """From the stored source picture to the mezzanine's: turn clockwise, then pad with black.

    rotation: 0, 90, 180 or 270 degrees. Labels are in pixels after rotation, before padding.
    """

    rotation: int
    pad_right: int
    pad_bottom: int


@dataclass(frozen=True, slots=True)
class FrameIndex:
    """width, height: the upright source picture, in which labels are drawn.

    coded_width, coded_height: the mezzanine's, with padding. sample_aspect: width to height of a
    pixel, for display only. time_base: seconds per source tick as (numerator, denominator); pts:
    source ticks of each frame. ticks: when the mezzanine shows it, in 1/ticks_per_second from the
    first frame. samples: where each frame lies in the file. init: the init segment is the first so
    many bytes. size: of the whole mezzanine. thumbnails: where each lies in the sheet.
    """

    codec: str
    description: bytes
    width: int
    height: int
    coded_width: int
    coded_height: int
    sample_aspect: tuple[int, int]
    transform: Transform
    time_base: tuple[int, int]
    ticks_per_second: int
    pts: list[int]
    ticks: list[int]
    samples: list[SamplePlace]
    gops: list[Gop]
    init: int
    size: int
    thumbnails: list[ThumbnailPlace]

    @property
    def frame_count(self) -> int:
        return len(self.pts)

    def seconds(self, frame: int) -> float:
        """Time of a frame from the first frame of the clip."""
        return (self.pts[frame] - self.pts[0]) * self.time_base[0] / self.time_base[1]

    def gop_of(self, frame: int) -> int:
        """Number of the GOP that holds a frame. Raises IndexError outside the clip."""
        if not 0 <= frame < self.frame_count:
            raise IndexError(f"frame {frame} of {self.frame_count}")
        return bisect_right(self.gops, frame, key=lambda gop: gop.first) - 1

    def is_key(self, frame: int) -> bool:
        return self.gops[self.gop_of(frame)].first == frame

    def gops_in_bytes(self, start: int, end: int) -> range:
        """Numbers of all GOPs that the bytes start..end (end excluded) touch."""
        touched = [n for n, gop in enumerate(self.gops) if gop.start < end and gop.end > start]
        return range(touched[0], touched[-1] + 1) if touched else range(0)

    def as_json(self) -> dict[str, Any]:
        document = asdict(self)
        document["description"] = b64encode(self.description).decode()
        document["transform"] = self.transform._asdict()
        document["frame_count"] = self.frame_count
        return {"format": FORMAT, **document}

    def dumps(self) -> bytes:
        return json.dumps(self.as_json(), separators=(",", ":")).encode()

    @classmethod
    def loads(cls, data: bytes) -> Self:
        """The index that `dumps` wrote. Raises ValueError for another format."""
        document = json.loads(data)
        if document.pop("format", None) != FORMAT:
            raise ValueError("This frame index has a format that this version does not read.")
        del document["frame_count"]
        document["description"] = b64decode(document["description"])
        document["transform"] = Transform(**document["transform"])
        for name, kind in (("gops", Gop), ("samples", SamplePlace), ("thumbnails", ThumbnailPlace)):
            document[name] = [kind(*row) for row in document[name]]
        for name in ("sample_aspect", "time_base"):
            document[name] = tuple(document[name])
        return cls(**document)
