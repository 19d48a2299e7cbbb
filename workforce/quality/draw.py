"""Lots that fall the same way each time they are asked, and that nobody outside can foretell."""

from __future__ import annotations

from uuid import UUID

from django.utils.crypto import salted_hmac


def draw(what: str, subject: UUID) -> float:
    """Give a number in [0, 1) for one decision about one subject.

    It is keyed, because the ids of what people hand in are told to them.
    """
    digest = salted_hmac(f"quality.draw.{what}", str(subject), algorithm="sha256").digest()
    return int.from_bytes(digest[:8], "big") / 2**64
