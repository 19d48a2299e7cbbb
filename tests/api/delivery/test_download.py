"""The package over a real ASGI call: whole, in ranges, and in the log before its first byte."""

import hashlib

import httpx
import pytest

from core.audit.models import AuditEntry
from core.errors import OutOfRange
from core.tenancy.scope import scope
from tests import dock
from tests.loops import run_apart
from workforce.delivery.api import byte_range
from workforce.delivery.models import Release


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-9", (0, 9)),
        ("bytes=90-", (90, 99)),
        ("bytes=90-500", (90, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-500", (0, 99)),
        ("bytes = 0-0", (0, 0)),
        ("bytes=0-1,5-6", None),
        ("bytes=a-b", None),
        ("bytes=²-", None),
        ("bytes=-", None),
        ("bytes=5", None),
        ("lines=0-9", None),
    ],
)
def test_a_range_is_read_as_rfc_9110_says(header, expected):
    assert byte_range(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=5-4", "bytes=-0"])
def test_a_range_outside_the_bytes_is_refused(header):
    with pytest.raises(OutOfRange, match="100 bytes"):
        byte_range(header, 100)


def fetch(path, token, *ranges, if_range=None):
    """Ask for the path once for each range header ("" for none), over the real application."""
    from core.web.asgi import application

    async def ask():
        transport = httpx.ASGITransport(app=application)
        headers = {"Authorization": f"Bearer {token}"}
        if if_range:
            headers["If-Range"] = if_range
        async with httpx.AsyncClient(
            transport=transport, base_url="http://testserver", headers=headers, timeout=60
        ) as client:
            return [
                await client.get(path, headers={"Range": wanted} if wanted else {})
                for wanted in ranges
            ]

    return run_apart(ask())


def test_the_package_is_streamed_whole_and_in_ranges(
    committed_cast, api, run_jobs, settings, tmp_path
):
    from core.accounts.tokens import issue_token

    cast = committed_cast
    settings.OBJECT_STORE_FOLDER = tmp_path / "store"
    dock.sign(cast)
    release = dock.release_of(api(cast.clara), dock.finished(cast, run_jobs), run_jobs)
    path = f"/api/v1/t/harbour/releases/{release['id']}/package"
    secrets = {
        person.name: issue_token(user=person, organization=cast.harbour, name="get")[1]
        for person in (cast.clara, cast.vera)
    }

    whole, part, tail, beyond = fetch(
        path, secrets["Clara"], "", "bytes=10-19", "bytes=-5", "bytes=99999999-"
    )
    (refused,) = fetch(path, secrets["Vera"], "")
    same, other = (
        fetch(path, secrets["Clara"], "bytes=100-", if_range=tag)[0]
        for tag in (whole.headers["ETag"], '"another"')
    )

    with scope(cast.harbour.id):
        package = Release.objects.get().package
    assert whole.status_code == 200
    assert whole.headers["Content-Disposition"] == 'attachment; filename="harbour-release-1.zip"'
    assert len(whole.content) == int(whole.headers["Content-Length"]) == package.size
    assert hashlib.sha256(whole.content).digest() == bytes(package.sha256)
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{package.size}"
    assert tail.content == whole.content[-5:]
    assert whole.headers["ETag"] == f'"{bytes(package.sha256).hex()}"'
    assert (same.status_code, same.content) == (206, whole.content[100:])
    assert (other.status_code, other.content) == (200, whole.content)
    assert beyond.status_code == 416
    assert refused.status_code == 403
    with scope(cast.harbour.id):
        assert AuditEntry.objects.filter(action="release.downloaded").count() == 5
