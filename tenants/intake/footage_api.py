"""The API of a prepared clip: what the player fetches. Nothing of it may be kept by a cache."""

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from core.web.answers import Document
from core.web.api import TenantView
from core.web.described import described
from tenants.intake import footage
from tenants.intake.footage import Viewer


class FootageView(TenantView):
    """The frames decide who may ask (core.access.require_frames), so no permission is named here.

    A group of pictures is a second of footage: it is answered in one piece, so that a slow reader
    holds its bytes and no thread.
    """

    # No HEAD: a receipt says that footage was served.
    http_method_names = ["get", "options"]

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.entry, self.actor)


def _answer(data: bytes, content_type: str) -> HttpResponse:
    return HttpResponse(
        data,
        content_type=content_type,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )


class ClipIndex(FootageView):
    """The frame index (see core.media.index), as JSON."""

    @described("get_frame_index", answer=Document)
    def get(self, request: Request, tenant: str, clip: UUID) -> HttpResponse:
        return _answer(footage.frame_index(self.viewer, clip), "application/json")


class ClipInit(FootageView):
    """The init segment of the mezzanine."""

    @described("get_init_segment", answer=bytes, media="video/mp4")
    def get(self, request: Request, tenant: str, clip: UUID) -> HttpResponse:
        return _answer(footage.init_segment(self.viewer, clip), "video/mp4")


class ClipGop(FootageView):
    """One group of pictures: a whole fragment of the mezzanine. The log holds a receipt."""

    @described("get_group_of_pictures", answer=bytes, media="video/iso.segment")
    def get(self, request: Request, tenant: str, clip: UUID, number: int) -> HttpResponse:
        return _answer(footage.gop(self.viewer, clip, number), "video/iso.segment")


class ClipThumbnail(FootageView):
    """A small JPEG of one frame. The log holds a receipt."""

    @described("get_thumbnail", answer=bytes, media="image/jpeg")
    def get(self, request: Request, tenant: str, clip: UUID, number: int) -> HttpResponse:
        return _answer(footage.thumbnail(self.viewer, clip, number), "image/jpeg")
