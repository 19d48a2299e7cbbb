"""The operator sees how keys stand, and replaces them; nobody else does."""

import pytest

from core.crypto.kms import root_keys
from core.crypto.wrapping import new_key
from core.storage.vault import create_object, open_object

KEYS = "/api/v1/operator/keys"


@pytest.fixture(autouse=True)
def store_folder(settings, tmp_path):
    settings.OBJECT_STORE_FOLDER = tmp_path / "objects"


@pytest.fixture
def frames(cast):
    with create_object(tenant=cast.harbour.id, kind="source") as writer:
        writer.write(b"frames")
    return writer.stored


def of(answer, slug):
    assert answer.status_code == 200
    return next(each for each in answer.json()["organizations"] if each["organization"] == slug)


def test_an_organizations_key_is_rotated_over_the_api(cast, api, frames, run_jobs):
    olga = api(cast.olga)
    before = of(olga.get(KEYS), "harbour")
    assert (before["version"], before["behind"], before["rotation"]) == (1, 0, None)
    assert olga.post(KEYS, {"organization": "nowhere"}, format="json").status_code == 404
    ordered = olga.post(KEYS, {"organization": "harbour"}, format="json")
    assert ordered.status_code == 202
    assert ordered.json()["total"] == 1
    assert olga.post(KEYS, {"organization": "harbour"}, format="json").status_code == 409
    assert of(olga.get(KEYS), "harbour")["behind"] == 1
    run_jobs()
    after = of(olga.get(KEYS), "harbour")
    assert (after["version"], after["behind"], after["rotation"]["state"]) == (2, 0, "done")
    with open_object(tenant=cast.harbour.id, object_id=frames.id) as reader:
        assert reader.read() == b"frames"


def test_all_keys_move_under_a_new_root_key(cast, api, frames, settings):
    old = settings.ROOT_KEK
    former = root_keys().active
    settings.ROOT_KEK, settings.FORMER_ROOT_KEKS = new_key(), [old]
    olga = api(cast.olga)
    assert of(olga.get(KEYS), "harbour")["root_keys"] == [former]
    moved = olga.post(KEYS, {}, format="json").json()
    assert moved == {"root_key": root_keys().active, "moved": 1}
    settings.FORMER_ROOT_KEKS = []
    assert of(olga.get(KEYS), "harbour")["root_keys"] == [root_keys().active]
    with open_object(tenant=cast.harbour.id, object_id=frames.id) as reader:
        assert reader.read() == b"frames"


def test_the_page_says_how_keys_stand_and_replaces_them(cast, api, frames, settings, run_jobs):
    olga = api(cast.olga)
    page = olga.get("/operator/keys").content.decode()
    assert root_keys().active in page
    assert "Move all under the active root key" not in page
    assert olga.post("/operator/keys", {"organization": "harbour"}).status_code == 302
    page = olga.get("/operator/keys").content.decode()
    assert "0 of 1, 0 %" in page
    again = olga.post("/operator/keys", {"organization": "harbour"}, follow=True)
    assert "wait until that ends" in again.content.decode()
    assert olga.post("/operator/keys", {"organization": "nowhere"}).status_code == 404
    run_jobs()
    settings.ROOT_KEK, settings.FORMER_ROOT_KEKS = new_key(), [settings.ROOT_KEK]
    assert "Move all under the active root key" in olga.get("/operator/keys").content.decode()
    moved = olga.post("/operator/keys", {"what": "root"}, follow=True).content.decode()
    assert "2 keys and secrets now lie under the active root key." in moved


def test_nobody_else_comes_near_keys(cast, api):
    for name, person in cast.everyone().items():
        if name != "olga":
            assert api(person).get(KEYS).status_code == 404, name
            assert api(person).get("/operator/keys").status_code == 404, name
