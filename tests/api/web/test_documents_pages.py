"""/help/ shows the documents to who is signed in: rendered safely, linked, with their pictures."""

import re

import pytest
from django.test import Client

from core.web import document_pages
from tests.cast import sign_in


@pytest.fixture
def vera(cast):
    client = Client()
    sign_in(client, cast.vera)
    return client


def test_every_document_opens_and_each_link_and_picture_of_it_too(vera):
    for name in document_pages.documents():
        page = vera.get(f"/help/read/{name}")
        assert page.status_code == 200, name
        body = page.content.decode().partition('<article class="prose">')[2]
        body = body.partition("</article>")[0]
        assert "<h1" in body
        for address in re.findall(r'(?:href|src)="(/[^"#]*)', body):
            assert vera.get(address).status_code == 200, f"{name}: {address}"


def test_the_index_leads_to_every_document(vera):
    page = vera.get("/help/").content.decode()
    assert [
        n for n in document_pages.documents() if n != "index" and f"/read/{n}" not in page
    ] == []


def test_a_document_cannot_bring_html_or_a_script_link(tmp_path):
    bad = tmp_path / "bad.md"
    bad.write_text(
        "# T\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))\n\n```sh x\nls\n```\n"
    )
    title, body = document_pages.read(bad)
    assert title == "T"
    assert "<script" not in body
    assert "javascript:" not in re.findall(r'href="([^"]*)"', body)
    assert 'class="language' not in body


@pytest.mark.parametrize(
    "address",
    ["read/none", "pictures/none.png", "pictures/../index.md", "flows/clip.txt"],
)
def test_what_is_no_document_is_not_there(vera, address):
    assert vera.get(f"/help/{address}").status_code == 404


def test_who_is_not_signed_in_is_asked_to(client):
    assert client.get("/help/")["Location"].startswith("/accounts/login/")
