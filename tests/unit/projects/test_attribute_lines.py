"""Attributes as lines of text: what is written is read as it was, or not written at all."""

from hypothesis import assume, given
from hypothesis import strategies as st

from tenants.projects.attribute_lines import key_of, parse_attributes, plain, write_attributes
from tenants.projects.ontology import check_ontology, surveillance_ontology

NAMES = st.text("abc xyzÄ9-", min_size=1, max_size=12)
VALUES = st.text("ab ,*=~:/é", min_size=1, max_size=8)


@st.composite
def attributes(draw):
    kind = draw(st.sampled_from(["select", "checkbox", "number", "text"]))
    made = {"key": draw(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True))}
    made |= {"name": draw(NAMES), "type": kind}
    if draw(st.booleans()):
        made["mutable"] = draw(st.booleans())
    if kind == "select":
        made["values"] = draw(st.lists(VALUES, min_size=1, max_size=4, unique=True))
        defaults = st.sampled_from([None, *made["values"]])
    else:
        numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        defaults = {"checkbox": st.booleans(), "number": numbers, "text": VALUES}[kind] | st.none()
    if draw(st.booleans()):
        made["default"] = draw(defaults)
    return made


@given(st.lists(attributes(), max_size=3))
def test_what_is_written_is_read_as_it_was(made):
    text = write_attributes(made)
    assume(text is not None)
    assert parse_attributes(text) == ([plain(a) for a in made], [])


@given(st.text(max_size=60))
def test_any_text_gives_attributes_that_a_document_may_hold_or_says_the_line(text):
    read, wrong = parse_attributes(text)
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(read) + len(wrong) == len(lines)
    assert all(sentence.startswith("Line ") for sentence in wrong)


def test_the_ready_ontology_fits_the_lines():
    for label in surveillance_ontology()["labels"]:
        text = write_attributes(label["attributes"])
        assert text is not None
        assert parse_attributes(text)[0] == label["attributes"]


def test_the_lines_people_write():
    read, wrong = parse_attributes(
        "Coat: red, blue, unclear*\n~ Posture: standing, lying\n\nCarries: yes/no*\n"
        "Height: number = 180\nPlate: text\nJacket [coat_2]: red\n"
    )
    assert wrong == []
    assert [(a["key"], a["type"], a["default"], a["mutable"]) for a in read] == [
        ("coat", "select", "unclear", False),
        ("posture", "select", None, True),
        ("carries", "checkbox", False, False),
        ("height", "number", 180, False),
        ("plate", "text", None, False),
        ("coat_2", "select", None, False),
    ]
    label = {"key": "person", "name": "Person", "kinds": ["box"], "attributes": read}
    check_ontology({"labels": [label]})


def test_lines_that_are_none_are_named():
    _, wrong = parse_attributes(
        "Coat: red\nCoat\nHeight: number = tall\nHat: a*, b*\nX: a,,b\n"
        "Height: number = nan\nHeight: number = 1e999"
    )
    assert [sentence.partition(":")[0] for sentence in wrong] == [
        "Line 2", "Line 3", "Line 4", "Line 5", "Line 6", "Line 7",
    ]  # fmt: skip


def test_a_value_with_a_comma_is_not_written_as_two():
    made = {"key": "a", "name": "A", "type": "select", "values": ["red, dark"]}
    assert write_attributes([made]) is None


def test_keys_are_of_letters_digits_and_underscores():
    assert [key_of(name) for name in ("Upper clothing", "2nd Café", "—")] == [
        "upper_clothing", "nd_cafe", "",
    ]  # fmt: skip


def test_a_long_line_of_blanks_is_answered_at_once():
    """Backtracking over them would take hours."""
    read, wrong = parse_attributes("a" + " " * 15_000 + "b")
    assert (read, len(wrong)) == ([], 1)
