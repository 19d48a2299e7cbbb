"""Pages call organizations by their own names."""


def details(name):
    return {"name": name, "address": "", "tax_number": "", "time_zone": "UTC"}


def test_the_top_bar_shows_the_name_and_follows_a_change(
    clara, nora, django_capture_on_commit_callbacks
):
    place = "/t/harbour/projects"
    assert b'aria-current="page">harbour</span>' in clara.get(place).content
    for name in ("Port of Calder Reach", "Calder Reach & Sons"):
        with django_capture_on_commit_callbacks(execute=True):
            changed = clara.put("/api/v1/t/harbour/details", details(name), format="json")
        assert changed.status_code == 200
        shown = name.replace("&", "&amp;").encode()
        assert b'aria-current="page">' + shown in clara.get(place).content
    assert shown in nora.get(place).content, "a vendor's manager is in the client's scope here"
    assert b">northlight<" in nora.get("/t/northlight/people").content
