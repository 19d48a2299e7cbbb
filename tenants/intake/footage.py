"""Reading a prepared clip: its index, its groups of pictures, its thumbnails.

Who may see which frames is decided by core.access; that they were served is in the log before the
first byte leaves.
"""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from core.access.actors import Actor
from core.access.door import Entry, require_frames
from core.audit.receipts import THUMBNAIL, receipt
from core.errors import Conflict, Gone, NotFound
from core.media.index import FrameIndex
from core.storage.vault import open_object
from core.tenancy.scope import scope
from tenants.intake.clips import get_clip
from tenants.intake.models import Clip

#: Indexes kept parsed: a player asks for one GOP after the other of the same few clips.
_INDEXES_KEPT = 32


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks to see frames: the entry gives tenant and permissions."""

    entry: Entry
    actor: Actor

    @property
    def tenant(self) -> UUID:
        organization_id: UUID = self.entry.organization.id
        return organization_id


def frame_index(viewer: Viewer, clip_id: UUID) -> bytes:
    """The index as JSON, for whoever may see at least one frame. Raises NotFound, Conflict."""
    clip = _ready(viewer, clip_id)
    _require(viewer, clip, 0, (clip.frame_count or 1) - 1)
    return _whole(viewer.tenant, clip.frame_index_id)


def init_segment(viewer: Viewer, clip_id: UUID) -> bytes:
    """The mezzanine's first bytes, which set a decoder up and show nothing."""
    clip = _ready(viewer, clip_id)
    _require(viewer, clip, 0, (clip.frame_count or 1) - 1)
    index = _index(viewer.tenant, clip.frame_index_id)
    return _piece(viewer.tenant, clip.mezzanine_id, 0, index.init)


def gop(viewer: Viewer, clip_id: UUID, number: int) -> bytes:
    """Bytes of one group of pictures, receipted. Raises NotFound, Conflict, IntegrityFailed."""
    clip = _ready(viewer, clip_id)
    index = _index(viewer.tenant, clip.frame_index_id)
    if not 0 <= number < len(index.gops):
        raise NotFound
    place = index.gops[number]
    lease = _require(viewer, clip, place.first, place.last)
    _receipt(viewer, clip, (place.first, place.last), "task" if lease else "watch", lease)
    return _piece(viewer.tenant, clip.mezzanine_id, place.start, place.end)


def thumbnail(viewer: Viewer, clip_id: UUID, number: int) -> bytes:
    """JPEG of one frame, receipted. Raises NotFound, Conflict, IntegrityFailed."""
    clip = _ready(viewer, clip_id)
    index = _index(viewer.tenant, clip.frame_index_id)
    if not 0 <= number < len(index.thumbnails):
        raise NotFound
    place = index.thumbnails[number]
    lease = _require(viewer, clip, place.frame, place.frame)
    _receipt(viewer, clip, (place.frame, place.frame), THUMBNAIL, lease)
    return _piece(viewer.tenant, clip.thumbnails_id, place.start, place.end)


def thumbnail_frames(viewer: Viewer, clip_id: UUID) -> list[int]:
    """Which frames the thumbnails show, by their number. Raises NotFound, Conflict."""
    clip = _ready(viewer, clip_id)
    _require(viewer, clip, 0, (clip.frame_count or 1) - 1)
    return [place.frame for place in _index(viewer.tenant, clip.frame_index_id).thumbnails]


def _ready(viewer: Viewer, clip_id: UUID) -> Clip:
    with scope(viewer.tenant):
        clip = get_clip(clip_id)
    if clip.state == Clip.State.ERASED:
        raise Gone("This clip was erased; its keys are destroyed.")
    if clip.state != Clip.State.READY:
        # To those who may not list clips, one that is not ready does not exist either.
        _require(viewer, clip, 0, 0)
        raise Conflict("This clip is not ready to be watched yet.")
    return clip


def _require(viewer: Viewer, clip: Clip, first: int, last: int) -> UUID | None:
    person = viewer.actor.id
    if person is None:
        raise NotFound
    return require_frames(viewer.entry, user_id=person, clip_id=clip.id, first=first, last=last)


def _receipt(
    viewer: Viewer, clip: Clip, frames: tuple[int, int], purpose: str, lease: UUID | None
) -> None:
    receipt(
        actor=viewer.actor,
        tenant=viewer.tenant,
        clip=clip.id,
        gops=[frames],
        purpose=purpose,
        lease=lease,
    )


# The key holds the tenant, and every caller has been let in to that tenant's clip before: the index
# is only a table of places and times, never footage.
@lru_cache(maxsize=_INDEXES_KEPT)
def _index(tenant: UUID, object_id: UUID | None) -> FrameIndex:
    return FrameIndex.loads(_whole(tenant, object_id))


def _whole(tenant: UUID, object_id: UUID | None) -> bytes:
    assert object_id is not None  # a clip that is ready has all its parts
    with open_object(tenant=tenant, object_id=object_id) as reader:
        return reader.read()


def _piece(tenant: UUID, object_id: UUID | None, start: int, end: int) -> bytes:
    """Bytes start..end of an object: only the segments of the cipher that hold them are opened."""
    assert object_id is not None
    with open_object(tenant=tenant, object_id=object_id) as reader:
        return bytes(reader.pread(start, end - start))
