"""Names as long as they may be, without a space to break at: nothing leaves its place or the page.

People name cameras after codes, and files after everything that they know of them.
"""

import pytest

from core.accounts.models import Person
from core.tenancy.scope import scope
from tests.api.intake.conftest import server  # noqa: F401 - fixture
from tests.browser.test_portal import enter
from tests.cast import Cast
from tests.furnished import Furnished

# WhiteNoise hands Django synchronous iterators over files that ASGI closes late.
pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

H, N = "/t/harbour", "/t/northlight"
PAGES = {
    "clara": [
        f"{H}/home", f"{H}/clips", f"{H}/clips/{{clip}}", f"{H}/clips/{{clip}}/erase",
        f"{H}/batches", f"{H}/batches/{{batch}}", f"{H}/cameras", f"{H}/projects",
        f"{H}/projects/{{project}}", f"{H}/gold/{{gold}}", f"{H}/quality", f"{H}/members",
    ],
    "nora": [f"{N}/people", f"{N}/people/{{worker}}", f"{N}/people/{{worker}}/scores"],
    "olga": ["/operator/organizations", "/operator/auditors", f"{H}/terms", f"{H}/releases"],
}  # fmt: skip
#: Words that end outside of the part of the page that they are in, unless that part scrolls.
OUTSIDE = """() => [...document.querySelectorAll("main *")].filter(element => {
    if (element.children.length || element.closest(".vh, dialog:not([open]), svg")) return false;
    const part = element.closest(".panel, .note, li, figure, .field");
    const end = element.getBoundingClientRect().right;
    if (!part || part === element || part.getBoundingClientRect().right + 2 >= end) return false;
    for (let up = element.parentElement; up !== part; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== "visible") return false;
    return true;
}).map(element => element.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def cast_here(furnished_here: Furnished) -> Cast:
    """Whom the server serves; everything of theirs has a long name."""
    from tenants.intake.models import Batch, Clip
    from tenants.organizations.models import Profile
    from tenants.projects.models import Camera, Project, Site

    cast = furnished_here.cast
    for house in (cast.harbour, cast.northlight):
        with scope(house.id):
            for model in (Project, Camera, Site, Batch):
                longest = model._meta.get_field("name").max_length - 2
                for number, row in enumerate(model.objects.all()):
                    model.objects.filter(id=row.id).update(name=f"{'ش' * longest}{number:02}")
            for clip in Clip.objects.exclude(filename=""):
                Clip.objects.filter(id=clip.id).update(filename=f"{'W' * 200}{clip.id}.mp4")
            Profile.objects.update_or_create(tenant=house, defaults={"name": "W" * 120})
    Person.objects.update(name="W" * 70)
    return cast


@pytest.mark.parametrize("name", PAGES)
def test_long_names_stay_where_they_belong(name, open_page, server, cast_here, furnished_here):  # noqa: F811
    house = furnished_here.house
    ids = {slot: getattr(house, slot) for slot in house.__slots__}
    page, wrong = open_page(), []
    enter(page, server, getattr(cast_here, name))
    for path in PAGES[name]:
        page.goto(server + path.format(**ids))
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            if (needed := page.evaluate("document.documentElement.scrollWidth")) > width:
                wrong.append(f"{path} needs {needed} px of {width}")
            wrong += [f"{path} {width} {element}" for element in page.evaluate(OUTSIDE)]
    assert wrong == []
