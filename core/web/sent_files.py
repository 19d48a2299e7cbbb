"""Files of a form. One that the settings let nobody send is not in the form at all."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from core.errors import Invalid


def sent_file(
    request: HttpRequest, field: str, *, most: int, missing: str, too_large: str
) -> "UploadedFile[Any]":
    """Give the file that was sent as `field`.

    Raises Invalid: with `too_large` where the form as a whole has more than `most` bytes and no
    such file, as Django leaves files out that are larger than it takes; else with `missing`.
    """
    sent = request.FILES.get(field)
    if isinstance(sent, UploadedFile):
        return sent
    length = request.headers.get("Content-Length", "")
    raise Invalid(too_large if length.isdecimal() and int(length) > most else missing, field=field)
