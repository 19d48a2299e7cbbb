"""One clip's page: where it belongs, who looked at it, its pictures for whoever asks for them."""

import re

import pytest
from django.test import Client

from core.audit.models import AuditEntry
from core.tenancy.scope import scope
from tests.cast import sign_in


@pytest.fixture
def page(furnished):
    """Give the page of the real clip as somebody reads it."""

    def read(name: str, query: str = "") -> str:
        client = Client()
        sign_in(client, getattr(furnished.cast, name))
        place = f"/t/harbour/clips/{furnished.house.clip}{query}"
        return " ".join(client.get(place).content.decode().split())

    return read


def test_it_leads_to_its_batch_its_versions_and_who_looked(page, furnished):
    house, shown = furnished.house, page("clara")
    assert f"/t/harbour/batches/{house.batch}" in shown
    assert f"/t/harbour/releases/{house.ready_release}" in shown
    assert f"/t/harbour/log?subject=clip:{house.clip}&amp;action=footage.frames.serve" in shown
    assert "Who looked" in page("arthur")
    assert "Who looked" not in page("vera"), "she may not read the log"


def test_its_pictures_come_when_asked_for_and_each_look_is_in_the_log(page, furnished):
    def looks() -> int:
        with scope(furnished.cast.harbour.id):
            return AuditEntry.objects.filter(action="footage.frames.serve").count()

    assert "/thumbnails/" not in page("clara")
    before = looks()
    pictures = re.findall(r'alt="Frame (\d+)" src="([^"]+)"', page("clara", "?view=pictures"))
    assert pictures[0][0] == "0"
    assert 1 < len(pictures) <= 8
    assert looks() == before, "the page itself shows nothing"
    client = Client()
    sign_in(client, furnished.cast.clara)
    for _, address in pictures:
        assert client.get(address)["Content-Type"] == "image/jpeg"
    assert looks() == before + len(pictures)


@pytest.mark.parametrize("name", ["umar", "arthur"])
def test_who_may_not_watch_is_shown_no_picture(page, name):
    shown = page(name, "?view=pictures")
    assert "/thumbnails/" not in shown
    assert "Show pictures" not in shown
