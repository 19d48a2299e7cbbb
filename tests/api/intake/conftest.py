"""A real ASGI server on loopback, a client with a token, and a project to upload to."""

import base64
import hashlib
import socket
import threading
import time
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
import uvicorn

from core.tenancy.scope import scope
from tests.cast import Cast, make_cast
from tests.plugins.cluster import DATABASE, TEMPLATE

PATCH_TYPE = "application/offset+octet-stream"
PATIENCE = 60


@pytest.fixture(scope="module")
def cast_here(cluster, django_db_setup, django_db_blocker):
    """The cast in a committed database of this module: a server's threads can't share a test's."""
    from django.db import connections

    name = f"custos_{uuid4().hex[:12]}"
    with django_db_blocker.unblock():
        connections.close_all()
        cluster.clone_database(TEMPLATE, name)
        for alias in ("default", "owner"):
            connections.settings[alias]["NAME"] = name
        try:
            cast = make_cast()
            make_project(cast.harbour)
            yield cast
        finally:
            connections.close_all()
            for alias in ("default", "owner"):
                connections.settings[alias]["NAME"] = DATABASE
            cluster.drop_database(name)


@pytest.fixture(autouse=True)
def store_folder(settings, tmp_path):
    """An empty object store for each test."""
    settings.OBJECT_STORE_FOLDER = tmp_path / "store"
    return settings.OBJECT_STORE_FOLDER


@pytest.fixture(scope="module")
def server(cast_here):
    """The address of a running server with the cast in its database."""
    from core.web.asgi import application

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, ws="none", lifespan="off", log_level="error")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    running.should_exit = True
    thread.join(PATIENCE)
    listener.close()


def token_of(person, organization):
    from core.accounts.tokens import issue_token

    return issue_token(user=person, organization=organization, name="test")[1]


def make_project(organization, slug="gate"):
    from tenants.projects.models import Project

    with scope(organization.id):
        return Project.objects.create(tenant_id=organization.id, slug=slug, name=slug.title())


def encode(**values):
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in values.items())


@dataclass
class Tus:
    """A tus client that says exactly what it is told to."""

    cast: Cast
    base: str
    slug: str
    client: httpx.Client

    @property
    def collection(self):
        return f"/api/v1/t/{self.slug}/uploads"

    def create(self, data, *, size=None, headers=None, **metadata):
        given = {"filename": "gate.mp4", "project": "gate", **metadata}
        if "sha256" not in metadata:
            given["sha256"] = hashlib.sha256(data).hexdigest()
        given = {key: value for key, value in given.items() if value is not None}
        return self.client.post(
            self.collection,
            headers={
                "Upload-Length": str(len(data) if size is None else size),
                "Upload-Metadata": encode(**given),
                **(headers or {}),
            },
        )

    def begin(self, data, **metadata):
        answer = self.create(data, **metadata)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def patch(self, url, data, offset, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.patch(
            url,
            content=data,
            headers={"Content-Type": PATCH_TYPE, "Upload-Offset": str(offset), **named},
        )

    def offset(self, url):
        answer = self.client.head(url)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])

    def cut(self, url, data, offset, keep):
        """Send `keep` bytes of a body that was announced longer, and drop the connection."""

        def body():
            yield data[:keep]
            raise ConnectionError("the client's network is gone")

        with pytest.raises(ConnectionError):
            self.client.patch(
                url,
                content=body(),
                headers={
                    "Content-Type": PATCH_TYPE,
                    "Upload-Offset": str(offset),
                    "Content-Length": str(len(data)),
                },
            )

    def patch_when_free(self, url, data, **headers):
        """Go on where the server says, as soon as the request before is over."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            offset = self.offset(url)
            answer = self.patch(url, data[offset:], offset, **headers)
            if answer.status_code not in {409, 423}:
                return answer
            time.sleep(0.02)
        raise AssertionError("the upload was never free")

    def upload(self, data, **metadata):
        url = self.begin(data, **metadata)
        answer = self.patch(url, data, 0)
        assert answer.status_code == 204, answer.text
        return url, answer.headers["Custos-Clip"]


@pytest.fixture
def tus(server, cast_here):
    """Umar of Harbour, with a token and a project."""
    token = token_of(cast_here.umar, cast_here.harbour)
    headers = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
    with httpx.Client(base_url=server, headers=headers, timeout=PATIENCE) as client:
        yield Tus(cast_here, server, "harbour", client)


@pytest.fixture
def stored(cast_here):
    """Read the plaintext that a clip's source holds."""
    from core.storage.vault import open_object
    from tenants.intake.models import Clip

    def read(clip_id, tenant=cast_here.harbour):
        with scope(tenant.id):
            source = Clip.objects.get(id=clip_id).source_id
        with open_object(tenant=tenant.id, object_id=source) as reader:
            return reader.read()

    return read


@pytest.fixture
def row():
    """The row of an upload by its address."""
    from core.tenancy.models import Organization
    from tenants.intake.models import Upload

    def read(url):
        _, _, _, _, slug, _, upload_id = url.split("/")
        tenant = Organization.objects.get(slug=slug).id
        with scope(tenant):
            return Upload.objects.get(id=upload_id)

    return read


def change(upload, **fields):
    """Change an upload's row behind the server's back, as time or a crash would."""
    from tenants.intake.models import Upload

    with scope(upload.tenant_id):
        Upload.objects.filter(id=upload.id).update(**fields)


def problem(answer):
    """The code of an answer that is a problem document (RFC 9457)."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["detail"]
    return body["code"]
