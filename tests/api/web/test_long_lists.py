"""Long lists: pages of them, counts that end somewhere, and selects of many options."""

import pytest
from django import forms
from django.test import SimpleTestCase

from core.access.actors import Actor
from core.outbox.models import Job
from core.tenancy.scope import scope
from core.web.quick_select import QuickSelect
from tenants.operations import services
from tenants.projects.services import add_camera, add_site
from tests.api.labels.floor import make_clip
from workforce.delivery import seam_pages
from workforce.delivery.models import OpenSeams


def test_a_list_that_is_too_long_to_count_says_so(cast, olga, monkeypatch):
    monkeypatch.setattr(services, "COUNTED", 3)
    Job.objects.all().delete()
    for number in range(5):
        Job.objects.create(kind="clip.prepare", state=Job.State.DONE, args={"n": number})
    page = olga.get("/operator/jobs").content.decode()
    assert "of 3+ jobs" in page
    assert "<dd>3+ <span" in page, "of what is done"
    told = olga.get("/api/v1/operator/jobs").json()
    assert (told["total"], told["counts"]["done"]) == (5, 5), "programs are told all"


def test_sites_are_paged_with_all_of_their_cameras(cast, clara):
    who = {"actor": Actor.person(cast.clara), "tenant": cast.harbour.id}
    for number in range(12):
        site = add_site(**who, name=f"Quay {number:02}", time_zone="UTC")
        add_camera(**who, site_id=site.id, name=f"Crane {number:02}")
    first = clara.get("/t/harbour/cameras").content.decode()
    assert "Crane 09" in first
    assert "Crane 10" not in first
    assert "1–10 of 12 sites" in first
    assert "Crane 11" in clara.get("/t/harbour/cameras?page=2").content.decode()
    assert ">Quay 11</option>" in first, "a camera can be added to any of them"


def test_of_many_clips_with_open_questions_those_with_most_are_shown(cast, clara, monkeypatch):
    monkeypatch.setattr(seam_pages, "MOST", 2)
    for questions in (3, 7, 5):
        clip = make_clip(cast)
        with scope(cast.harbour.id):
            OpenSeams.objects.create(tenant=cast.harbour, clip=clip, questions=questions)
    page = clara.get("/t/harbour/seams").content.decode()
    assert "The 2 with the most questions are shown" in page
    shown = [page.find(f">{questions}</td>") for questions in (7, 5, 3)]
    assert shown[0] < shown[1]
    assert shown[2] == -1


@pytest.mark.parametrize("value", ["", "b", None])
def test_a_quick_select_is_what_django_would_write(value):
    choices = [("", "Any"), ("a", "A <b>"), ("b", 'B "c"')]
    attributes = {"id": "id_x", "class": "input", "required": True, "placeholder": False}
    written = [
        kind(choices=choices).render("x", value, attributes) for kind in (QuickSelect, forms.Select)
    ]
    SimpleTestCase().assertHTMLEqual(*written)
