"""Objects in an S3 bucket.

What is being built lies in chunk objects of whole cipher segments, so that another process can read
it back and go on; a multipart copy inside the bucket joins them on commit. What a crash leaves of
either is found by `leftovers` and `abort_joins`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from core.crypto.segments import MEBIBYTE
from core.errors import Conflict, NotFound, Unavailable
from core.storage.store import checked

# S3 takes parts of 5 MiB and more (but the last), 10,000 at most: 16 MiB allows 156 GiB.
CHUNK: Final = 16 * MEBIBYTE
MISSING: Final = {"404", "NoSuchKey", "NotFound"}


@contextmanager
def _reporting() -> Iterator[None]:
    """Turn what S3 and the way to it say into errors of the tree."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in MISSING:
            raise NotFound("This object is not in the store.") from None
        raise Unavailable(f"The object store refuses: {code}.") from error
    except BotoCoreError as error:
        raise Unavailable(f"The object store does not answer: {type(error).__name__}.") from error


class S3Bytes:
    """A committed object; each read is one ranged GET."""

    def __init__(self, client: Any, bucket: str, path: str) -> None:
        self._client = client
        self._where = {"Bucket": bucket, "Key": path}
        with _reporting():
            self._size = int(client.head_object(**self._where)["ContentLength"])

    @property
    def size(self) -> int:
        return self._size

    def pread(self, offset: int, length: int, /) -> bytes:
        end = min(offset + length, self._size)
        if offset >= end:
            return b""
        with _reporting():
            answer = self._client.get_object(**self._where, Range=f"bytes={offset}-{end - 1}")
            body: bytes = answer["Body"].read()
        return body

    def close(self) -> None:
        """A ranged GET leaves nothing open."""


class S3Staging:
    """Chunks `staging/<name>/00000`, each of CHUNK bytes but the last; the rest is in memory."""

    def __init__(self, store: "S3Store", name: str, chunks: list[int]) -> None:
        self._store = store
        self._name = name
        self._pending = bytearray()
        # The last chunk may be short: it is taken back and written again, longer.
        self._stored = sum(chunks)
        self._full = len(chunks)
        if chunks and chunks[-1] < CHUNK:
            self._full -= 1
            self._pending += store.get(store.chunk_path(name, self._full), 0, chunks[-1])
        self._flushed = self._stored

    @property
    def name(self) -> str:
        return self._name

    @property
    def size(self) -> int:
        return self._full * CHUNK + len(self._pending)

    def write(self, data: memoryview | bytes, /) -> int:
        self._pending += data
        while len(self._pending) >= CHUNK:
            self._put(bytes(self._pending[:CHUNK]))
            del self._pending[:CHUNK]
            self._full += 1
        return len(data)

    def flush(self) -> None:
        if self._flushed != self.size or not self.size:
            self._put(bytes(self._pending))
            self._flushed = self.size

    def pread(self, offset: int, length: int, /) -> bytes:
        pieces = []
        end = min(offset + length, self.size)
        while offset < end:
            index, inner = divmod(offset, CHUNK)
            if index == self._full:
                piece = bytes(self._pending[inner : inner + end - offset])
            else:
                take = min(CHUNK - inner, end - offset)
                piece = self._store.get(self._store.chunk_path(self._name, index), inner, take)
            pieces.append(piece)
            offset += len(piece)
        return b"".join(pieces)

    def commit(self, key: str) -> None:
        self.flush()
        count = self._full + (1 if self._pending or not self._full else 0)
        self._store.join(self._name, count, key)
        self.discard()

    def discard(self) -> None:
        self._store.discard(self._name)

    def close(self) -> None:
        """Nothing is held open; what was not flushed is forgotten."""

    def _put(self, chunk: bytes) -> None:
        self._store.put(self._store.chunk_path(self._name, self._full), chunk)


class S3Store:
    """A bucket. Credentials come from the environment, as boto3 finds them."""

    def __init__(self, bucket: str, *, endpoint: str = "", **credentials: str) -> None:
        self._bucket = bucket
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint or None,
            config=Config(
                connect_timeout=5,
                read_timeout=60,
                retries={"mode": "standard", "max_attempts": 4},
                signature_version="s3v4",
            ),
            **credentials,
        )

    def stage(self, name: str) -> S3Staging:
        if self._chunks(name):
            raise Conflict("This name is in use in the store.")
        self.put(self.chunk_path(name, 0), b"")
        return S3Staging(self, name, [0])

    def resume(self, name: str) -> S3Staging:
        chunks = self._chunks(name)
        if not chunks:
            raise NotFound("This object is not in the store.")
        return S3Staging(self, name, chunks)

    def open(self, key: str) -> S3Bytes:
        return S3Bytes(self._client, self._bucket, f"objects/{checked(key)}")

    def delete(self, key: str) -> None:
        with _reporting():
            self._client.delete_object(Bucket=self._bucket, Key=f"objects/{checked(key)}")

    def discard(self, name: str) -> None:
        with _reporting():
            for found in self._list(f"staging/{checked(name)}/"):
                self._client.delete_object(Bucket=self._bucket, Key=found["Key"])

    def leftovers(self, *, before: datetime) -> Iterator[str]:
        written: dict[str, datetime] = {}
        with _reporting():
            for found in self._list("staging/"):
                name = found["Key"].split("/")[1]
                written[name] = max(written.get(name, found["LastModified"]), found["LastModified"])
        yield from (name for name, instant in sorted(written.items()) if instant < before)

    def abort_joins(self, *, before: datetime) -> int:
        aborted = 0
        with _reporting():
            pages = self._client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self._bucket, Prefix="objects/"):
                for found in page.get("Uploads", []):
                    if found["Initiated"] < before:
                        self._client.abort_multipart_upload(
                            Bucket=self._bucket, Key=found["Key"], UploadId=found["UploadId"]
                        )
                        aborted += 1
        return aborted

    def keys(self) -> Iterator[str]:
        with _reporting():
            for found in self._list("objects/"):
                yield found["Key"].removeprefix("objects/")

    def chunk_path(self, name: str, index: int) -> str:
        return f"staging/{checked(name)}/{index:05d}"

    def put(self, path: str, body: bytes) -> None:
        """Write one object of the bucket."""
        with _reporting():
            self._client.put_object(Bucket=self._bucket, Key=path, Body=body)

    def get(self, path: str, offset: int, length: int) -> bytes:
        """Read a range of one object of the bucket."""
        return S3Bytes(self._client, self._bucket, path).pread(offset, length)

    def join(self, name: str, count: int, key: str) -> None:
        """Make one object of the chunks of a staging, inside the bucket."""
        target = {"Bucket": self._bucket, "Key": f"objects/{checked(key)}"}
        sources = [{"Bucket": self._bucket, "Key": self.chunk_path(name, i)} for i in range(count)]
        with _reporting():
            if count == 1:
                self._client.copy_object(**target, CopySource=sources[0])
                return
            upload = self._client.create_multipart_upload(**target)["UploadId"]
            try:
                parts = [
                    self._copy_part(target, upload, number, source)
                    for number, source in enumerate(sources, start=1)
                ]
                self._client.complete_multipart_upload(
                    **target, UploadId=upload, MultipartUpload={"Parts": parts}
                )
            except (ClientError, BotoCoreError):
                self._client.abort_multipart_upload(**target, UploadId=upload)
                raise

    def _copy_part(
        self, target: dict[str, str], upload: str, number: int, source: dict[str, str]
    ) -> dict[str, Any]:
        answer = self._client.upload_part_copy(
            **target, UploadId=upload, PartNumber=number, CopySource=source
        )
        return {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}

    def _chunks(self, name: str) -> list[int]:
        with _reporting():
            return [int(found["Size"]) for found in self._list(f"staging/{checked(name)}/")]

    def _list(self, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            yield from page.get("Contents", [])
