"""Lists of people: compared first, taken over when somebody says so, and again without doubling."""

import pytest

from core.tenancy.scope import scope
from tests.api.labels.floor import hire
from workforce.people.models import Qualification, RosterImport, Skill, Standing, Worker

PLACE = "/api/v1/t/northlight/rosters"
HEAD = "email,skills,languages,clearances,ndas,time_zone,shifts,tasks_at_once,hours_per_day\n"
ANNA = (
    "Anna@example.org,boxes,en|fr,port-area:2030-06-30,harbour:2026-03-04/2030-03-04,"
    "Europe/Brussels,Mon-Fri 09:00-17:00|Sat 22:00-06:00,3,7.5\n"
)


def read(client, text):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post(PLACE, content, content_type="text/csv")


def apply(client, roster):
    return client.post(f"{PLACE}/{roster}/apply", {}, format="json")


def test_nothing_is_written_before_somebody_says_so(cast, nora):
    read_back = read(nora, HEAD + ANNA)
    assert read_back.status_code == 201
    (row,) = read_back.json()["rows"]
    assert (row["line"], row["email"], row["state"]) == (2, "anna@example.org", "new")
    with scope(cast.northlight.id):
        assert not Worker.objects.exists()
    assert nora.get(f"{PLACE}/{read_back.json()['id']}").json()["rows"] == [row]

    assert apply(nora, read_back.json()["id"]).json()["outcome"] == {"new": 1}
    with scope(cast.northlight.id):
        worker = Worker.objects.get()
        assert (worker.tasks_at_once, worker.minutes_per_day) == (3, 450)
        assert worker.shifts.count() == 6
        assert set(worker.qualifications.values_list("kind", "value")) == {
            ("language", "en"),
            ("language", "fr"),
            ("clearance", "port-area"),
            ("nda", str(cast.harbour.id)),
        }
        assert RosterImport.objects.get().content == "", "addresses do not stay behind"


def test_the_same_list_twice_doubles_nobody(cast, nora):
    for expected in ("new", "same"):
        roster = read(nora, HEAD + ANNA).json()
        assert [row["state"] for row in roster["rows"]] == [expected]
        for _ in range(2):
            apply(nora, roster["id"])
    with scope(cast.northlight.id):
        assert (Worker.objects.count(), Skill.objects.count()) == (1, 1)
        assert Qualification.objects.count() == 4
    assert Standing.objects.count() == 5


def test_an_empty_cell_leaves_what_is_there(cast, nora):
    apply(nora, read(nora, HEAD + ANNA).json()["id"])
    roster = read(nora, "email;tasks_at_once\nanna@example.org;5\n").json()
    assert roster["rows"][0]["changes"] == ["tasks at once"]
    apply(nora, roster["id"])
    with scope(cast.northlight.id):
        worker = Worker.objects.get()
        assert (worker.tasks_at_once, worker.minutes_per_day) == (5, 450)
        assert worker.shifts.count() == 6


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("anna@example.org,poems", "There is no work of type poems"),
        ("anna@example.org,boxes:4", "boxes:4 is not earned"),
        ("anna@example.org,boxes:9", "a level is 1 to 5"),
        ("nobody,boxes", "no e-mail address"),
        ("anna@example.org,boxes,E1", "is not a language"),
        ("anna@example.org,,,port:soon", "write dates as"),
        ("anna@example.org,,,port:2030-01-01/2029-01-01", "end before it begins"),
        ("anna@example.org,,,,museum", "No client called museum"),
        ("anna@example.org,,,,,Mars/Base", "no time zone"),
        ("anna@example.org,,,,,,whenever", "write shifts as"),
        ("anna@example.org,,,,,,Mon 25:00-26:00", "no such time"),
        ("anna@example.org,,,,,,Mon 09:00-10:00|Mon 09:00-11:00", "begin at the same time"),
        ("anna@example.org,,,,,,,many", "tasks at once"),
        ("anna@example.org,,,,,,,,25", "a day has 24 hours"),
        ("anna@example.org,,,,,,,,x", "hours a day"),
        ("anna@example.org,,,,,,,,,,", "11 cells, but 9 columns"),
    ],
)
def test_what_is_wrong_is_said_row_by_row_and_stops_all(cast, nora, row, told):
    roster = read(nora, f"{HEAD}{row}\namir@example.org,boxes\n").json()
    wrong, right = roster["rows"]
    assert wrong["state"] == "error"
    assert any(told in error for error in wrong["errors"]), wrong["errors"]
    assert right["state"] == "new"
    refused = apply(nora, roster["id"])
    assert refused.status_code == 409
    assert "lines 2 have errors" in refused.json()["detail"]
    with scope(cast.northlight.id):
        assert not Worker.objects.exists()


def test_somebody_named_twice_is_refused_with_both_lines(nora):
    rows = read(nora, "email\nanna@example.org\nANNA@example.org\n").json()["rows"]
    assert rows[1]["errors"] == ["anna@example.org stands on line 2 already."]


def test_who_is_no_member_is_told_apart_and_left_out(cast, nora):
    roster = read(nora, "email\nsam@example.org\nclara@example.org\nanna@example.org\n").json()
    assert [row["state"] for row in roster["rows"]] == ["uninvited", "uninvited", "new"]
    apply(nora, roster["id"])
    with scope(cast.northlight.id):
        assert [worker.user_id for worker in Worker.objects.all()] == [cast.anna.id]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"email\nJos\xe9@example.org\n", "line 2 has the byte 0xe9"),
        ("email\nanna@example.org\n".encode("utf-16"), "UTF-16"),
        (b"email\nanna\x00@example.org\n", "zero bytes"),
        (b"name\nAnna\n", "Known: email"),
        (b"email,email\na@b.org,c@d.org\n", "each once"),
        (b"email\n", "no people"),
        (b"", "as text/csv"),
        (b'email\n"anna\n', "no CSV"),
        (b"email\n" + b"a" * 1_000_001, "over 1 MB"),
        (b"email\n" + b"a@b.org\n" * 2001, "over 2000"),
    ],
)
def test_a_list_that_cannot_be_read_says_what_to_do(cast, nora, content, told):
    refused = read(nora, content)
    assert (refused.status_code, refused.json()["field"]) == (400, "file")
    assert told in refused.json()["detail"]
    with scope(cast.northlight.id):
        assert not RosterImport.objects.exists()


def test_a_byte_order_mark_and_semicolons_are_read(nora):
    assert read(nora, b"\xef\xbb\xbfemail;skills\r\nanna@example.org;boxes\r\n").json()["rows"]
    assert nora.post(PLACE, {}, format="json").status_code == 400


def test_a_foreign_roster_is_not_there(cast, api, nora):
    from core.access.models import Membership
    from core.tenancy.models import Organization

    hire(cast, cast.anna)
    southlight = Organization.objects.create(slug="southlight", kind="vendor")
    Membership.objects.create(user=cast.sam, organization=southlight, role="vendor_manager")
    roster = read(nora, HEAD + ANNA).json()["id"]
    sam = api(cast.sam)
    foreign = f"/api/v1/t/southlight/rosters/{roster}"
    assert sam.get(foreign).status_code == 404
    assert sam.post(f"{foreign}/apply", {}, format="json").status_code == 404


def test_the_pages_show_the_rows_and_take_the_list_over(cast, nora, settings):
    from django.core.files.uploadedfile import SimpleUploadedFile

    place = "/t/northlight/people/roster"

    def choose(text):
        return nora.post(place, {"file": SimpleUploadedFile("people.csv", text.encode())})

    assert nora.get(place).status_code == 200
    assert b"Choose a file first" in nora.post(place, {}).content
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1_100_000
    huge = SimpleUploadedFile("people.csv", b"a" * 1_100_001)
    assert b"over 1 MB" in nora.post(place, {"file": huge}).content
    assert choose("name\n").status_code == 400
    wrong = nora.get(choose("email,skills\nanna@example.org,poems\n")["Location"])
    assert b"There is no work of type poems" in wrong.content
    assert b"over</button>" not in wrong.content
    preview = choose("email,skills\nanna@example.org,boxes\nsam@example.org,boxes\n")["Location"]
    assert b"Take 1 person over" in nora.get(preview).content
    assert nora.post(preview)["Location"] == "/t/northlight/people"
    assert b"Its text was not kept" in nora.get(preview).content
    refused = nora.post(choose("email,skills\nanna@example.org,boxes:3\n")["Location"])
    assert refused.status_code == 302
