"""The headers of tus 1.0 (tus.io/protocols/resumable-upload), read and written."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from core.errors import ChecksumMismatch, Invalid
from tenants.intake.errors import UnsupportedBody, VersionNotSupported
from tenants.intake.models import Upload
from tenants.intake.uploads import NewUpload

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,checksum,expiration,termination"
ALGORITHMS: Final = ("sha256", "sha1")
BODY_TYPE: Final = "application/offset+octet-stream"
METADATA_LIMIT: Final = 8192
# Years of footage; beyond them an instant in another zone may not exist.
EARLIEST_YEAR: Final = 1950
LATEST_YEAR: Final = 2200

Headers = dict[str, str]


def check_version(headers: Headers) -> None:
    """Raises VersionNotSupported."""
    if headers.get("tus-resumable") != VERSION:
        raise VersionNotSupported(f"This server speaks tus {VERSION}: send Tus-Resumable.")


def capabilities() -> Headers:
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(settings.UPLOAD_MAX_BYTES),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def progress(upload: Upload) -> Headers:
    """What a client needs to go on."""
    headers = {"Upload-Offset": str(upload.offset)}
    if upload.state == Upload.State.OPEN:
        headers["Upload-Expires"] = format_datetime(upload.expires_at, usegmt=True)
    if upload.clip_id is not None:
        headers["Custos-Clip"] = str(upload.clip_id)
    return headers


def number(headers: Headers, name: str) -> int:
    """Read a required count of bytes. Raises Invalid."""
    value = headers.get(name.lower(), "")
    if not (value.isascii() and value.isdecimal() and len(value) <= 18):
        raise Invalid(f"{name} must be a number of bytes.", field=name)
    return int(value)


def body_length(headers: Headers) -> int | None:
    """The length of the body, where the client says it. Raises Invalid, UnsupportedBody."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != BODY_TYPE:
        raise UnsupportedBody(f"Send the bytes as {BODY_TYPE}.")
    return number(headers, "Content-Length") if "content-length" in headers else None


@dataclass(slots=True)
class BodyChecksum:
    """What Upload-Checksum says of one request's body."""

    expected: bytes
    running: Any

    @classmethod
    def read(cls, headers: Headers) -> "BodyChecksum | None":
        """Raises Invalid for an algorithm that is not offered, or a digest that is none."""
        value = headers.get("upload-checksum")
        if value is None:
            return None
        algorithm, _, encoded = value.partition(" ")
        if algorithm not in ALGORITHMS:
            raise Invalid(
                f"Upload-Checksum takes {' or '.join(ALGORITHMS)}.", field="Upload-Checksum"
            )
        try:
            expected = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            expected = b""
        running = hashlib.new(algorithm, usedforsecurity=False)
        if len(expected) != running.digest_size:
            raise Invalid("Upload-Checksum holds no digest in base64.", field="Upload-Checksum")
        return cls(expected, running)

    def check(self) -> None:
        """Raises ChecksumMismatch."""
        if not hmac.compare_digest(self.running.digest(), self.expected):
            raise ChecksumMismatch(
                "The bytes arrived changed: their checksum is not the one that was sent. "
                "Send them again."
            )


def new_upload(headers: Headers) -> NewUpload:
    """Read what a creation says of the file. Raises Invalid."""
    if headers.get("upload-defer-length") is not None:
        raise Invalid("Say the length at once, in Upload-Length.", field="Upload-Length")
    raw = headers.get("upload-metadata", "")
    values = _metadata(raw)
    if not values.get("project"):
        raise Invalid("Upload-Metadata must name a project.", field="project")
    return NewUpload(
        size=number(headers, "Upload-Length"),
        filename=values.get("filename") or values.get("name") or "",
        project=values["project"],
        sha256=_digest(values.get("sha256", "")),
        camera=_uuid(values.get("camera", "")),
        batch=values.get("batch", ""),
        starts_at=_instant(values.get("starts_at", "")),
        time_zone=values.get("time_zone", ""),
        metadata=raw,
    )


def _metadata(raw: str) -> dict[str, str]:
    """`key base64,key base64,...`; a key may stand alone."""
    if len(raw) > METADATA_LIMIT:
        raise Invalid("Upload-Metadata is too long.", field="Upload-Metadata")
    values = {}
    for pair in filter(None, (part.strip() for part in raw.split(","))):
        key, _, encoded = pair.partition(" ")
        try:
            values[key] = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Invalid(f"The value of {key} is not text in base64.", field=key) from None
        if "\0" in values[key]:
            raise Invalid(f"The value of {key} has a zero byte.", field=key)
    return values


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Invalid("A SHA-256 has 64 hexadecimal digits.", field="sha256") from None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid("A camera is named by its id.", field="camera") from None


def _instant(text: str) -> datetime | None:
    refusal = Invalid(
        "The start is an instant such as 2026-03-01T08:30:00+01:00.", field="starts_at"
    )
    try:
        instant = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise refusal from None
    if instant is not None and not EARLIEST_YEAR <= instant.year <= LATEST_YEAR:
        raise refusal
    return instant
