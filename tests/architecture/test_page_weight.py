"""What a page makes a browser fetch before it can be used, compressed as a proxy would."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

ROOT = Path(__file__).resolve().parents[2]
KILOBYTE = 1000
#: Scripts of pages on which video is worked on. All others may come together on one portal page.
VIDEO_PAGES = {"workbench", "review", "masks", "links"}
PORTAL_BUDGET = 60 * KILOBYTE
WORKBENCH_BUDGET = 80 * KILOBYTE
NAMED = re.compile(r"""static ['"]([^'"]+\.(?:js|css))['"]""")


def weight(*names: str) -> int:
    """Bytes of these static files, each compressed by itself."""
    return sum(len(gzip.compress(Path(finders.find(name)).read_bytes(), 9)) for name in names)


def fetched() -> set[str]:
    """Give the scripts and styles that any template names."""
    named = set()
    for room in ("core", "tenants", "workforce", "billing"):
        for template in (ROOT / room).rglob("*.html"):
            named.update(NAMED.findall(template.read_text()))
    return named


def script(name: str) -> str:
    return f"build/{name}.js"


def test_all_scripts_and_styles_of_the_portal_together_fit_its_budget():
    named = fetched() - {script(name) for name in VIDEO_PAGES} - {script("frame_worker")}
    assert {"custos.css", "dark.css", script("shell")} <= named
    assert weight(*named) <= PORTAL_BUDGET


@pytest.mark.parametrize("name", sorted(VIDEO_PAGES))
def test_a_page_of_video_fits_its_budget(name):
    page = ["custos.css", "dark.css", *map(script, ("shell", "frame_worker", name))]
    assert weight(*page) <= WORKBENCH_BUDGET


def test_no_script_of_the_frontend_is_left_out():
    built = {f"build/{path.name}" for path in (ROOT / "core/web/static/build").glob("*.js")}
    assert built <= fetched()
