"""Reading a container's tags in the child: only those that are to be kept."""

from collections.abc import Collection, Mapping

_LONGEST = 256
#: Where containers say it: QuickTime's own keys, then user data and Matroska.
_SAID: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "time": {"time": ("com.apple.quicktime.creationdate", "creation_time")},
    "place": {"place": ("com.apple.quicktime.location.ISO6709", "location", "LOCATION")},
    "device": {
        "make": ("com.apple.quicktime.make", "make", "MAKE"),
        "model": ("com.apple.quicktime.model", "model", "MODEL"),
    },
}


def tags_of(metadata: Mapping[str, str], kept: Collection[str]) -> dict[str, str]:
    """What `metadata` says of the kinds of tags that are kept."""
    found = {}
    for kind in kept:
        for name, keys in _SAID[kind].items():
            text = next((metadata[key] for key in keys if metadata.get(key)), "")
            if text and len(text) <= _LONGEST:
                found[name] = text
    return found
