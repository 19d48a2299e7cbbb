"""JSON of another type than the document names is refused at its field, whatever could be read."""

import pytest

#: Named alike in each of pytest's workers, which must find the same tests.
NOBODYS = "00000000-0000-4000-8000-000000000000"

NORTH = "/api/v1/t/northlight"
HARBOUR = "/api/v1/t/harbour"


@pytest.mark.parametrize(
    ("who", "method", "path", "body", "at"),
    [
        ("anna", "post", f"{NORTH}/lease", {"another": 0}, ["another"]),
        ("anna", "post", f"{NORTH}/lease", {"another": "yes"}, ["another"]),
        ("clara", "post", f"{HARBOUR}/projects", {"name": 0}, ["name"]),
        ("clara", "post", f"{HARBOUR}/projects", {"name": "Gate", "task_frames": "50"},
         ["task_frames"]),
        ("clara", "post", f"{HARBOUR}/projects", {"name": "Gate", "task_frames": True},
         ["task_frames"]),
        ("nora", "put", f"{NORTH}/weights", {"client": "harbour", "weight": "2"}, ["weight"]),
        ("nora", "post", f"{NORTH}/hold", {"entries": [7], "held": True}, ["entries", "0"]),
        ("nora", "post", f"{NORTH}/workers", {"user": 1, "skills": []}, ["user"]),
        ("nora", "put", f"{NORTH}/workers/{NOBODYS}/hours",
         {"shifts": [{"weekday": 0, "start": "540", "minutes": 60}]}, ["shifts", "0", "start"]),
        ("olga", "post", f"{HARBOUR}/invoices/{NOBODYS}/payments",
         {"reference": "B-7", "amount": 12.5}, ["amount"]),
    ],
)  # fmt: skip
def test_what_could_be_read_as_another_type_is_refused(cast, api, who, method, path, body, at):
    client = api(getattr(cast, who))
    refused = getattr(client, method)(path, body, format="json")
    assert refused.status_code == 400, refused.content
    told = refused.json()
    assert (told["code"], refused["Content-Type"]) == ("invalid", "application/problem+json")
    errors = told["errors"]
    for part in at:
        errors = errors[part]
    assert errors[0].startswith(("Send ", "This is text", "An id is text", "Money")), errors
    assert at[0] in told["detail"]


@pytest.mark.parametrize("weight", [2, 2.0, 1.5])
def test_numbers_are_numbers_whole_or_not(cast, nora, weight):
    body = {"client": "harbour", "weight": weight}
    assert nora.put(f"{NORTH}/weights", body, format="json").status_code == 200


def test_a_whole_number_may_be_written_with_a_point(cast, clara):
    body = '{"name": "Gate", "task_frames": 50.0, "task_overlap": 5}'
    made = clara.post(f"{HARBOUR}/projects", body, content_type="application/json")
    assert made.status_code == 201, made.content


def test_a_query_longer_than_the_document_says_is_refused(cast, clara):
    assert clara.get(f"{HARBOUR}/search", {"q": "x" * 200}).status_code == 200
    refused = clara.get(f"{HARBOUR}/search", {"q": "x" * 201})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert "q" in refused.json()["errors"]
