"""The work of `sandbox_state` in the child: to be confined, and nothing else."""

from core.media.inside.channel import Channel, Source
from core.media.inside.confine import landlock_version

# Asked at import, which is before the confinement: after it, the kernel no longer answers.
LANDLOCK = landlock_version()


def tell(_channel: Channel, _source: Source) -> dict[str, int]:
    """Version of the kernel's Landlock interface, 0 where there is none."""
    return {"landlock": LANDLOCK}
