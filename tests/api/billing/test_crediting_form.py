"""Money is given back on any line of an invoice: chosen from page to page, or by its number."""

import re
from decimal import Decimal

import pytest

from billing.invoicing.models import CreditNote
from billing.metering.models import Reading
from core.tenancy.scope import scope
from tests import dock
from tests.api.labels.floor import make_clip
from workforce.delivery.models import Release

LINES = 7


@pytest.fixture
def page(cast, olga, monkeypatch):
    """An invoice of seven lines, objects at 0.40 of 10, 20, … of them, two on a page."""
    from billing.invoicing import pages

    monkeypatch.setattr(pages, "LINES", 2)
    dock.sign(cast)
    clip = make_clip(cast)
    with scope(cast.harbour.id):
        release = Release.objects.create(
            tenant=cast.harbour, project=clip.project, number=1, formats=["mot"],
            clips=[str(clip.id)], state="accepted",
        )  # fmt: skip
        for number in range(1, LINES + 1):
            Reading.objects.create(
                tenant=cast.harbour, release=release, clip=clip, unit="object",
                quantity=10 * number, source=f"clip/{clip.id}/{number}",
            )  # fmt: skip
    issued = olga.post("/api/v1/t/harbour/invoices").json()
    assert len(issued["lines"]) == LINES
    return f"/t/harbour/invoices/{issued['id']}", {n["position"]: n["id"] for n in issued["lines"]}


def chosen(answer) -> dict[str, str]:
    """The lines in the form, by id, with what is typed there."""
    found = re.findall(r'name="credit-([0-9a-f-]+)" value="([^"]*)"', answer.content.decode())
    return dict(found)


def pages_of(answer) -> list[str]:
    return [
        address.replace("&amp;", "&")
        for address in re.findall(r'rel="(?:next|prev)" href="([^"]+)"', answer.content.decode())
    ]


def test_lines_of_several_pages_go_into_one_note(cast, olga, page):
    place, ids = page
    first = olga.post(f"{place}?page=1", {"act": "choose:1"})
    assert chosen(first) == {ids[1]: ""}
    [following] = pages_of(first)
    second = olga.get(place + following)
    assert chosen(second) == {ids[1]: ""}, "kept on the next page"
    assert 'value="choose:3"' in second.content.decode()

    typed = {f"credit-{ids[1]}": "1.50", "reason": "The van & the bus", "ground": "sla"}
    third = olga.post(f"{place}?page=2", {"act": "choose", "line": "7", **typed})
    assert chosen(third) == {ids[1]: "1.50", ids[7]: ""}
    text = third.content.decode()
    assert 'value="The van &amp; the bus"' in text, "what was typed stays"
    assert '<option value="sla" selected>' in text
    assert all(f"credit-{ids[1]}=1.50" in address for address in pages_of(third))
    assert "reason" not in "".join(pages_of(third)), "what it is for is in no address"

    done = olga.post(place, {"act": "credit", f"credit-{ids[7]}": "2.00", **typed})
    assert (done.status_code, done["Location"]) == (302, place)
    with scope(cast.harbour.id):
        note = CreditNote.objects.get()
        lines = {str(c.line_id): c.amount for c in note.lines.all()}
    assert lines == {ids[1]: Decimal("1.50"), ids[7]: Decimal("2.00")}
    assert (note.basis, note.reason) == ("sla", "The van & the bus")
    again = olga.post(place, {"act": "choose:1"})
    assert "2.50 EUR left of 4.00" in again.content.decode()


def test_a_line_is_left_out_again(olga, page):
    place, ids = page
    typed = {f"credit-{ids[1]}": "1", f"credit-{ids[2]}": "2"}
    left = olga.post(place, {"act": "drop:1", **typed})
    assert chosen(left) == {ids[2]: "2"}
    assert 'value="choose:1"' in left.content.decode()
    assert 'value="drop:2"' in left.content.decode()


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"act": "choose", "line": "99"}, 400, "There is no line 99: the lines are 1 to 7."),
        ({"act": "choose", "line": "van"}, 400, "There is no line van: the lines are 1 to 7."),
        ({"act": "drop:99"}, 400, "There is no line 99"),
        ({"act": "credit", "reason": "x"}, 400, "Choose at least one line"),
        ({"act": "credit", "2": "1.00"}, 400, "Say what the credit is for."),
        ({"act": "credit", "2": "a lot", "reason": "x"}, 400, "is no amount; write it as 12.50."),
        ({"act": "credit", "2": "99", "reason": "x"}, 409, "left to be credited"),
    ],
)
def test_what_cannot_be_given_back_is_said_in_the_form_with_all_that_was_typed(
    olga, page, given, status, said
):
    place, ids = page
    sent = {f"credit-{ids[int(k)]}" if k.isdecimal() else k: v for k, v in given.items()}
    answer = olga.post(place, {f"credit-{ids[1]}": "", **sent})
    assert answer.status_code == status
    text = answer.content.decode()
    alert = text[text.index('role="alert"') :]
    assert said in alert
    assert set(chosen(answer)) == {ids[1], *[ids[int(k)] for k in given if k.isdecimal()]}
    if "reason" in given:
        assert 'name="reason" value="x"' in text


def test_nothing_is_added_where_no_number_is_given(olga, page):
    place, ids = page
    kept = olga.post(place, {"act": "choose", "line": " ", f"credit-{ids[3]}": "1"})
    assert chosen(kept) == {ids[3]: "1"}


def test_a_form_has_an_end(olga, page, monkeypatch):
    from billing.invoicing import crediting

    monkeypatch.setattr(crediting, "MOST", 2)
    place, ids = page
    typed = {f"credit-{ids[1]}": "", f"credit-{ids[2]}": ""}
    assert olga.post(place, {"act": "choose:2", **typed}).status_code == 200
    full = olga.post(place, {"act": "choose:3", **typed})
    assert full.status_code == 400
    assert "has 2 lines at most" in full.content.decode()


def test_what_is_no_line_of_the_invoice_is_refused(olga, page):
    place, _ = page
    assert olga.get(f"{place}?credit-x=1").status_code == 400
    assert olga.post(place, {"act": "choose", "credit-x": "1"}).status_code == 400
    strange = "3f2b8c1e-7d4a-4e0b-9a57-1c2d3e4f5a6b"
    assert chosen(olga.get(f"{place}?credit-{strange}=1")) == {}
    sent = {"act": "credit", f"credit-{strange}": "1", "reason": "x"}
    assert olga.post(place, sent).status_code == 400


def test_a_client_sees_no_such_form_and_its_address_chooses_nothing(clara, page):
    place, ids = page
    shown = clara.get(f"{place}?credit-{ids[1]}=1").content.decode()
    assert 'value="choose' not in shown
    assert f'name="credit-{ids[1]}"' not in shown
    assert clara.post(place, {"act": "choose:1"}).status_code == 403
