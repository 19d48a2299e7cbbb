"""Guidelines: a client writes how labels are drawn, and who holds the work reads it beside it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.tenancy.scope import scope
from tenants.projects.models import GuidelinePicture
from tests.api.labels.floor import cut, hire, lease, make_clip
from tests.cast import sign_in

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
def task(cast, settings, tmp_path):
    settings.OBJECT_STORE_FOLDER = tmp_path / "store"
    (tmp_path / "store").mkdir(mode=0o700)
    hire(cast, cast.anna)
    return cut(cast, make_clip(cast, frames=50))[0]


@pytest.fixture
def place(task):
    return f"/t/harbour/projects/{task.project_id}/guidelines"


def text(answer):
    return answer.content.decode()


def send(client, place, data=PNG, caption="A person behind a kerb", label="person"):
    sent = SimpleUploadedFile("x.png", data, content_type="text/html")
    body = {"act": "picture", "label": label, "caption": caption, "picture": sent}
    return client.post(place, body, follow=True)


def test_words_and_pictures_stand_beside_the_work_of_whoever_holds_it(cast, client, task, place):
    sign_in(client, cast.clara)
    words = "The box holds the feet, seen or not."
    client.post(place, {"act": "write", "label": "person", "text": words})
    assert words in text(send(client, place))
    with scope(cast.harbour.id):
        picture = GuidelinePicture.objects.get()
    url = f"/t/harbour/guidelines/{picture.id}"

    sign_in(client, cast.anna)
    assert client.get(url).status_code == 404
    lease(cast.anna, task.id)
    page = text(client.get(f"/t/harbour/tasks/{task.id}"))
    assert words in page
    assert url in page
    shown = client.get(url)
    assert (shown.content, shown["Content-Type"]) == (PNG, "image/png")
    assert client.post(place, {"act": "write", "label": "", "text": "x"}).status_code == 403
    sign_in(client, cast.mila)
    assert client.get(url).status_code == 404

    sign_in(client, cast.clara)
    client.post(place, {"act": "drop", "picture": str(picture.id)})
    assert client.get(url).status_code == 404


def test_a_program_reads_and_writes_the_words(cast, api, task):
    url = f"/api/v1/t/harbour/projects/{task.project_id}/guidelines"
    clara = api(cast.clara)
    body = {"label": "person", "text": "The feet are in."}
    assert clara.put(url, body, format="json").json() == body
    found = {row["label"]: row["text"] for row in clara.get(url).json()["results"]}
    assert (found[""], found["person"]) == ("", "The feet are in.")
    assert clara.put(url, {**body, "label": "ghost"}, format="json").status_code == 400
    assert api(cast.anna).put(url, body, format="json").status_code == 403


def test_a_picture_larger_than_any_form_takes_is_called_too_large(cast, client, place, settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 4_000_000
    sign_in(client, cast.clara)
    assert "at most 3 MB" in text(send(client, place, data=PNG + bytes(4_000_001)))
    empty = {"act": "picture", "label": "person", "caption": "A person"}
    assert "Choose a picture." in text(client.post(place, empty, follow=True))


def test_what_is_no_picture_no_label_or_too_much_is_refused(cast, client, place):
    sign_in(client, cast.clara)
    assert "A picture is a PNG or a JPEG." in text(send(client, place, b"<svg onload=x>"))
    assert "Say in a few words" in text(send(client, place, caption=" "))
    assert "no such label" in text(send(client, place, label="ghost"))
    assert "has at most 3 MB" in text(send(client, place, PNG + bytes(3_000_000)))
    assert "Choose a picture" in text(client.post(place, {"act": "picture"}, follow=True))
    with scope(cast.harbour.id):
        assert not GuidelinePicture.objects.exists()
