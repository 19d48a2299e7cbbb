"""Checking a certificate of erasure, on any machine: no server, no database, no Django."""

import base64
import binascii
import json
from typing import Any, Final

from core.audit.entries import canonical
from core.crypto.signing import verify
from core.errors import IntegrityFailed

FORMAT: Final = "custos-erasure/1"


def check_certificate(raw: bytes, *, public_key: bytes) -> dict[str, Any]:
    """Give the body of a certificate. Raises IntegrityFailed unless the key's holder signed it."""
    try:
        document = json.loads(raw)
        body = document["certificate"]
        signature = base64.b64decode(document["signature"], validate=True)
        known = body["format"] == FORMAT
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise IntegrityFailed("This is not a certificate of erasure.") from None
    if not known or not verify(public_key, signature, canonical(body)):
        raise IntegrityFailed("The certificate was not signed by this key, or was changed.")
    return dict(body)
