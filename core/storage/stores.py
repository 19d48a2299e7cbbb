"""Which store this installation uses."""

from functools import cache
from pathlib import Path

from django.conf import settings

from core.storage.folder import FolderStore
from core.storage.store import ObjectStore


def object_store() -> ObjectStore:
    """Give the bucket that settings name, or else the local folder."""
    if settings.OBJECT_STORE_BUCKET:
        return _bucket(settings.OBJECT_STORE_BUCKET, settings.OBJECT_STORE_ENDPOINT)
    return FolderStore(Path(settings.OBJECT_STORE_FOLDER))


@cache
def _bucket(bucket: str, endpoint: str) -> ObjectStore:
    """One client for the process: boto3 takes long to make one, and threads may share it."""
    from core.storage.s3 import S3Store  # noqa: PLC0415 - only who uses it loads boto3

    return S3Store(bucket, endpoint=endpoint)
