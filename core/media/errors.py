"""What can go wrong between a clip and its pixels.

CustosError
|-- MediaRefused        422  media_refused        (reason: one of REASONS)
|-- MediaFailed         500  media_failed         (the child or ffmpeg failed on this input)
|   `-- MediaTimedOut   500  media_timed_out
`-- SandboxUnavailable  503  sandbox_unavailable  (this machine cannot confine a child)
"""

from typing import Final

from core.errors import CustosError

#: Why a clip is not taken. Stable: shown to clients, stored with the clip, in the log.
REASONS: Final = frozenset(
    {
        "damaged",  # the container cannot be read
        "empty",
        "no_video_stream",
        "not_video",
        "picture_size_changes",
        "playlist",  # it names other files
        "too_large_picture",
        "too_long",
        "too_slow",  # it did not decode within the limits
        "truncated",
        "undecodable",  # no picture could be decoded, or the decoder crashed
        "unsupported_codec",
        "unsupported_container",
    }
)


class MediaRefused(CustosError):
    """The clip is not one that we take. `reason` is stable and part of the API."""

    code = "media_refused"
    status = 422

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class MediaFailed(CustosError):
    """The work on a clip broke off: the child crashed, ran out of memory or lost frames."""

    code = "media_failed"
    status = 500


class MediaTimedOut(MediaFailed):
    """The child took longer than its limits allow and was killed."""

    code = "media_timed_out"


class SandboxUnavailable(CustosError):
    """This machine lacks a part of the sandbox; nothing is opened without it."""

    code = "sandbox_unavailable"
    status = 503
