"""The tus 1.0 server: a raw ASGI app beside Django, whose handler would spool bodies to disk.

    OPTIONS, POST                 /api/v1/t/<tenant>/uploads
    OPTIONS, HEAD, PATCH, DELETE  /api/v1/t/<tenant>/uploads/<id>

The event loop only moves chunks; everything that may wait (database, cipher, store) runs in threads
of its own. One batch is being sealed while the next one is received, and no more is read from the
socket meanwhile: a slow disk slows its client down, and a slow client holds a socket only.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError, connections

from core.access.permissions import Permission
from core.errors import (
    ChecksumMismatch,
    CustosError,
    Invalid,
    LeaseLost,
    NotFound,
    Unavailable,
)
from core.ids import new_id
from core.tenancy.asking import ask_as_person, asking_from_anew
from core.web.errors import problem_response
from tenants.intake import headers as tus
from tenants.intake.admission import Admitted, admit
from tenants.intake.errors import MethodNotAllowed, SlowBody
from tenants.intake.headers import BodyChecksum, Headers
from tenants.intake.uploads import create_upload, get_upload, terminate_upload
from tenants.intake.writing import LEASE, Writer

PERMISSIONS: Final = dict.fromkeys(("POST", "HEAD", "PATCH", "DELETE"), Permission.UPLOAD_CREATE)
ROUTE: Final = re.compile(r"/api/v1/t/(?P<slug>[^/]+)/uploads(?:/(?P<upload>[^/]+))?/?")
BATCH: Final = 1 << 20
#: Progress that a crash does not undo is noted after so many segments of 1 MiB.
CHECKPOINT_SEGMENTS: Final = 64
#: Seconds without a byte after which a client is taken to be gone.
IDLE_LIMIT: Final = 60.0

T = TypeVar("T")
log = logging.getLogger(__name__)
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="intake")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, its body still on the wire."""

    scope: dict[str, Any]
    receive: ASGIReceiveCallable
    method: str
    headers: Headers
    slug: str
    upload: str | None

    @classmethod
    def read(cls, scope: dict[str, Any], receive: ASGIReceiveCallable) -> "Request":
        """Raises NotFound for another path."""
        route = ROUTE.fullmatch(scope["path"])
        if route is None:
            raise NotFound
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        method = headers.get("x-http-method-override", scope["method"]).upper()
        return cls(scope, receive, method, headers, route["slug"], route["upload"])

    @property
    def upload_id(self) -> UUID:
        """Raises NotFound."""
        try:
            return UUID(self.upload)
        except ValueError:
            raise NotFound from None

    async def admitted(self) -> Admitted:
        """Raises as `admit`."""
        permission = PERMISSIONS[self.method]
        who: Admitted = await in_thread(
            admit, self.scope, slug=self.slug, method=self.method, permission=permission
        )
        # The door named the person in a thread whose context ends there.
        if who.actor.id is not None:
            ask_as_person(who.actor.id)
        return who


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Headers
    body: bytes = b""


class ClientGone(Exception):
    """The connection ended before the body did."""


async def application(
    scope: dict[str, Any], receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    """Serve one request. A lost connection gets no answer, but its bytes are kept."""
    try:
        with asking_from_anew():
            answer = await _answer(Request.read(scope, receive))
    except ClientGone:
        return
    except CustosError as error:
        answer = _problem(error)
    except DisallowedHost:
        answer = _problem(Invalid("This host name is not one of ours."))
    except (OperationalError, InterfaceError):
        answer = _problem(Unavailable("The database does not answer. Try again in a moment."))
    await _send(answer, send, with_body=scope["method"] != "HEAD")


async def _answer(request: Request) -> Answer:
    handlers = _ONE if request.upload else _ALL
    handler = handlers.get(request.method)
    if handler is None:
        raise MethodNotAllowed(", ".join(sorted(handlers)))
    if request.method != "OPTIONS":
        tus.check_version(request.headers)
    return await handler(request)


async def _options(request: Request) -> Answer:
    return Answer(204, tus.capabilities())


async def _create(request: Request) -> Answer:
    who = await request.admitted()
    new = tus.new_upload(request.headers)
    tenant = who.entry.organization
    upload = await in_thread(create_upload, actor=who.actor, tenant=tenant.id, new=new)
    location = f"/api/v1/t/{tenant.slug}/uploads/{upload.id}"
    return Answer(201, {"Location": location, **tus.progress(upload)})


async def _head(request: Request) -> Answer:
    who = await request.admitted()
    upload = await in_thread(
        get_upload, tenant=who.entry.organization.id, upload_id=request.upload_id
    )
    found = {"Upload-Length": str(upload.size), **tus.progress(upload)}
    if upload.metadata:
        found["Upload-Metadata"] = upload.metadata
    return Answer(200, found)


async def _terminate(request: Request) -> Answer:
    who = await request.admitted()
    tenant = who.entry.organization.id
    await in_thread(terminate_upload, actor=who.actor, tenant=tenant, upload_id=request.upload_id)
    return Answer(204, {})


async def _patch(request: Request) -> Answer:
    who = await request.admitted()
    length = tus.body_length(request.headers)
    checksum = BodyChecksum.read(request.headers)
    writer = await in_thread(
        Writer.take,
        actor=who.actor,
        tenant=who.entry.organization.id,
        upload_id=request.upload_id,
        offset=tus.number(request.headers, "Upload-Offset"),
        length=length,
    )
    beating = asyncio.ensure_future(_beat(writer))
    try:
        await _take_body(request, writer, checksum)
    finally:
        beating.cancel()
    return Answer(204, tus.progress(writer.upload))


async def _take_body(request: Request, writer: Writer, checksum: BodyChecksum | None) -> None:
    """Write the body and leave the upload in order, also when the body is cut short.

    After an error the lease is given up, so that the client can go on at once.
    """
    cut: ClientGone | SlowBody | None = None
    in_order = False
    try:
        try:
            await _pump(request.receive, partial(_write, writer, checksum))
        except (ClientGone, SlowBody) as error:
            cut = error
        await in_thread(_leave, writer, checksum, whole=cut is None)
        in_order = True
    finally:
        if not in_order:
            await in_thread(writer.give_up)
    if cut is not None:
        raise cut


def _leave(writer: Writer, checksum: BodyChecksum | None, *, whole: bool) -> None:
    """With a checksum, bytes count only when all of the body came and its checksum is right."""
    if checksum is not None:
        if not whole:
            writer.take_back()
            return
        try:
            checksum.check()
        except ChecksumMismatch:
            writer.take_back()
            raise
    if writer.complete:
        writer.finish()
    else:
        writer.pause()


def _write(writer: Writer, checksum: BodyChecksum | None, batch: bytearray) -> None:
    view = memoryview(batch)
    if checksum is not None:
        checksum.running.update(view)
    writer.write(view)
    ahead = writer.stream.segments - writer.upload.segments
    if checksum is None and ahead >= CHECKPOINT_SEGMENTS:
        writer.checkpoint()


async def _pump(receive: ASGIReceiveCallable, write: Callable[[bytearray], None]) -> None:
    """Hand the body on in batches, at most one of them under way.

    Raises ClientGone or SlowBody after everything that had arrived was written.
    """
    batch, under_way = bytearray(), None
    try:
        async for chunk in _chunks(receive):
            batch += chunk
            if len(batch) >= BATCH:
                if under_way is not None:
                    await under_way
                under_way = asyncio.ensure_future(in_thread(write, batch))
                batch = bytearray()
    finally:
        if under_way is not None:
            await under_way
        if batch:
            await in_thread(write, batch)


async def _chunks(receive: ASGIReceiveCallable) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(IDLE_LIMIT):
                message: MutableMapping[str, Any] = await receive()  # type: ignore[assignment]
        except TimeoutError:
            raise SlowBody("No bytes came for a minute. What came before is kept.") from None
        if message["type"] == "http.disconnect":
            raise ClientGone
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body", False):
            return


async def _beat(writer: Writer) -> None:
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        with suppress(LeaseLost, OperationalError, InterfaceError):
            await in_thread(writer.beat)


_ALL: Final = {"OPTIONS": _options, "POST": _create}
_ONE: Final = {"OPTIONS": _options, "HEAD": _head, "PATCH": _patch, "DELETE": _terminate}


async def in_thread(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run what may wait in a thread of intake's own; its database connection goes back after."""
    call = partial(copy_context().run, _then_disconnect, partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_threads, call)


def _then_disconnect(function: Callable[[], T]) -> T:
    try:
        return function()
    finally:
        connections.close_all()


def _problem(error: CustosError) -> Answer:
    request_id = new_id().hex[:12]
    if error.status >= 500:
        log.error("request %s: %s: %s", request_id, error.code, error.message)
    extra = {"field": error.field} if error.field else None
    response = problem_response(
        status=error.status,
        code=error.code,
        detail=error.message,
        request_id=request_id,
        extra=extra,
    )
    found = {"Content-Type": "application/problem+json"}
    if error.status == 401:
        found["WWW-Authenticate"] = "Bearer"
    if error.status == 412:
        found["Tus-Version"] = tus.VERSION
    if isinstance(error, MethodNotAllowed):
        found["Allow"] = error.allowed
    return Answer(error.status, found, response.content)


async def _send(answer: Answer, send: ASGISendCallable, *, with_body: bool) -> None:
    found = {
        "Tus-Resumable": tus.VERSION,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Length": str(len(answer.body)),
        **answer.headers,
    }
    if answer.status == 204:
        del found["Content-Length"]
    encoded = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in found.items()]
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": encoded,
            "trailers": False,
        }
    )
    body = answer.body if with_body else b""
    await send({"type": "http.response.body", "body": body, "more_body": False})
