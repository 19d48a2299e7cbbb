"""Which container a file is, by its first bytes only; its name and the demuxer's guess don't count.

The demuxer is then forced, so that a playlist or a script can never be opened under another name:
an `.m3u8` or `ffconcat` called `.mp4` makes ffmpeg read other files.
"""

import struct
from dataclasses import dataclass

from core.media.inside.channel import Source
from core.media.inside.refusal import Refused

HEAD_BYTES = 4096
_TS_PACKET = 188
_TS_SYNC = 0x47
_EBML = b"\x1a\x45\xdf\xa3"
_MATROSKA_SEGMENT = b"\x18\x53\x80\x67"
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp", b"moof", b"pnot")
_PICTURE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
_PLAYLISTS = (
    *(b"#extm3u", b"ffconcat", b"[playlist]", b"[reference]", b"<?xml", b"<mpd", b"<smil"),
    *(b"v=0\r", b"v=0\n", b"rtsp:", b"http:", b"https:", b"file ", b"<asx", b"#ext"),
)
# Media of kinds that we know but do not take.
_OTHER_MEDIA = (
    *(b"FLV", b"OggS", b"\x30\x26\xb2\x75", b"\x00\x00\x01\xba", b"\x06\x0e\x2b\x34", b"DKIF"),
    *(b"YUV4MPEG2", b".RMF", b"nut/multimedia", b"\x00\x00\x00\x01", b"\x00\x00\x01\xb3", b"fLaC"),
    *(b"ID3", b"DHAV", b"IMKH", b"\x00\x00\x01\x00", b"NSV"),
)


@dataclass(frozen=True, slots=True)
class Container:
    """name: as reported. demuxer: libavformat's, forced."""

    name: str
    demuxer: str


def identify(source: Source) -> Container:
    """The container of a clip. Raises Refused for what we do not take, or what is cut off."""
    if source.size == 0:
        raise Refused("empty", "The file is empty.")
    source.seek(0)
    head = source.read(HEAD_BYTES)
    container = _known(head)
    if container is None:
        raise _refusal(head)
    if container.demuxer == "mov":
        _require_whole_boxes(source)
    elif container.demuxer == "avi":
        _require_whole_riff(source, head)
    elif container.demuxer == "matroska":
        _require_whole_segment(source, head)
    source.seek(0)
    return container


def _known(head: bytes) -> Container | None:
    if head[4:8] in _MP4_BOXES:
        if head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS:
            return None
        quicktime = head[4:8] != b"ftyp" or head[8:12] == b"qt  "
        return Container("mov" if quicktime else "mp4", "mov")
    if head.startswith(_EBML):
        return Container("webm" if b"webm" in head[:64] else "matroska", "matroska")
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return Container("avi", "avi")
    return Container("mpegts", "mpegts") if _is_transport_stream(head) else None


def _is_transport_stream(head: bytes) -> bool:
    # Plain packets, or those of a recorder with four bytes of time code in front (M2TS).
    return any(
        len(head) > start + 2 * packet
        and all(head[at] == _TS_SYNC for at in range(start, start + 3 * packet, packet)[:3])
        for start, packet in ((0, _TS_PACKET), (4, _TS_PACKET + 4))
        if len(head) > start + 2 * packet
    )


def _refusal(head: bytes) -> Refused:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_PLAYLISTS):
        return Refused(
            "playlist",
            "This is a playlist: it names other files instead of holding pictures. "
            "Upload the recording itself.",
        )
    riff = head[:4] == b"RIFF" and head[8:12] != b"WEBP"
    if head.startswith(_OTHER_MEDIA) or riff:
        return Refused(
            "unsupported_container",
            "This kind of media file is not taken. Export the clip as MP4, MOV, Matroska, WebM, "
            "AVI or MPEG-TS.",
        )
    return Refused("not_video", "This file is not a video.")


def _cut_off(present: int, promised: int) -> Refused:
    return Refused(
        "truncated",
        f"The file is cut off: it holds {present:,} bytes of the {promised:,} that it promises. "
        "Upload it again.",
    )


def _require_whole_boxes(source: Source) -> None:
    """Walk the top-level boxes (ISO/IEC 14496-12, 4.2): all must end within the file."""
    at = 0
    found = set()
    while at + 8 <= source.size:
        source.seek(at)
        size, kind = struct.unpack(">I4s", source.read(8))
        if size == 1:
            large = source.read(8)
            if len(large) < 8:
                raise _cut_off(source.size, at + 16)
            (size,) = struct.unpack(">Q", large)
        if size == 0:  # to the end of the file
            size = source.size - at
        if size < 8:
            break  # rubbish after the last box, as some recorders leave it
        found.add(kind)
        at += size
        if at > source.size:
            raise _cut_off(source.size, at)
    if not {b"moov", b"mdat"} <= found:
        raise Refused(
            "truncated",
            "The file lacks its pictures (mdat) or the table of them (moov), as when a recording "
            "was broken off.",
        )


def _require_whole_riff(source: Source, head: bytes) -> None:
    # Recordings over 1 GiB go on in further RIFF chunks, and a recorder that lost power leaves 0.
    (size,) = struct.unpack("<I", head[4:8])
    if size + 8 > source.size + 1:
        raise _cut_off(source.size, size + 8)


def _require_whole_segment(source: Source, head: bytes) -> None:
    """RFC 8794: the size of the Segment element, unless it is unknown (a live recording)."""
    at = head.find(_MATROSKA_SEGMENT)
    if at < 0 or at + 12 > len(head):
        return
    first = head[at + 4]
    width = 9 - first.bit_length()
    if not 1 <= width <= 8:
        return
    value = int.from_bytes(head[at + 4 : at + 4 + width], "big") & ((1 << 7 * width) - 1)
    unknown = value == (1 << 7 * width) - 1
    end = at + 4 + width + value
    if not unknown and end > source.size:
        raise _cut_off(source.size, end)
