"""The demo says where its results are to be seen, and as whom."""

import io

import pytest
from rich.console import Console

from core.demo.cast import make_cast
from core.demo.command import show_places
from core.demo.footage import Clip
from core.demo.journey import ClientSide, Journey
from core.demo.places import PLACES, places, read_places, write_places


@pytest.fixture
def found(tmp_path):
    clip = Clip(tmp_path / "x.mp4", "", None)
    clients = [
        ClientSide(
            slug, f"{name}@{slug}.example", clip, clip, project="p", clip="c", release="r2",
            disputed="r1", invoice="i", credit_note="n",
        )
        for slug, name in (("north-line", "nora"), ("harbour-trust", "hugo"))
    ]  # fmt: skip
    journey = Journey(
        data=tmp_path, base_url="", console=Console(file=io.StringIO()), cast=make_cast(),
        clients=clients, given_footage=False,
    )  # fmt: skip
    return places(journey)


def test_each_place_is_a_page_of_somebody_whose_password_the_demo_made(found):
    assert {place.email for place in found} <= set(make_cast())
    assert len({(place.path, place.email) for place in found}) == len(found)
    assert all(place.path.startswith(("/t/", "/operator/")) for place in found)


@pytest.mark.parametrize(
    "path",
    ["releases/r1", "releases/r2", "credit-notes/n", "invoices/i", "clips/c/masks", "quality",
     "gold", "log"],
)  # fmt: skip
def test_what_the_demo_shows_is_among_them(found, path):
    assert f"/t/harbour-trust/{path}" in {place.path for place in found}


def test_they_are_kept_and_printed_by_person(found, tmp_path):
    assert read_places(tmp_path / PLACES) == []
    write_places(found, tmp_path / PLACES)
    kept, out = read_places(tmp_path / PLACES), io.StringIO()
    assert kept == found
    show_places(Console(file=out, width=80), kept)
    lines = out.getvalue().splitlines()
    assert "  hugo@harbour-trust.example" in lines
    assert any(line.endswith("/t/harbour-trust/releases/r1") for line in lines)
