"""The work of `picture_digests` in the child: a hash of each decoded picture, nothing else."""

import hashlib
from typing import Any

import numpy as np

from core.media.inside.channel import Channel, Source
from core.media.inside.pictures import open_clip, pictures
from core.media.inside.refusal import Refused

FORMAT = "yuv420p"


def digest(channel: Channel, source: Source) -> dict[str, Any]:
    """Send number, pts and digest of each frame; then the time base.

    The digest is SHA-256 over the planes Y, Cb, Cr as the decoder gives them (8 bit, 4:2:0, rows
    from top to bottom, without padding, before any rotation): what every decoder that follows the
    standard gives alike. RGB would depend on whose conversion it was.
    """
    clip = open_clip(source)
    for picture in pictures(clip):
        frame = picture.frame
        if frame.format.name not in {FORMAT, "yuvj420p"}:
            raise Refused("other_format", f"Pictures of {frame.format.name} are not of a release.")
        hashed = hashlib.sha256()
        for plane in frame.planes:
            rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
            hashed.update(np.ascontiguousarray(rows[:, : plane.width]).data)
        channel.send([picture.number, picture.pts, hashed.hexdigest()])
    base = clip.time_base
    return {"time_base": [base.numerator, base.denominator], "damaged": clip.damaged}
