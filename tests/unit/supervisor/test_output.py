import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from core.supervisor.output import Lines


def printed(chunks: list[bytes]) -> str:
    file = io.StringIO()
    lines = Lines(Console(file=file, width=40), ["web", "worker"])
    for chunk in chunks:
        lines.feed("web", chunk)
    lines.feed("web", b"")
    return file.getvalue()


def test_each_line_stands_under_its_parts_name():
    assert printed([b"one\r\ntwo\n"]) == "   web | one\n   web | two\n"


def test_long_lines_and_markup_are_left_alone():
    assert printed([b"[red]" + b"x" * 100]) == "   web | [red]" + "x" * 100 + "\n"


@given(st.lists(st.text(st.characters(categories=["L", "N"])), max_size=5), st.data())
def test_how_the_bytes_are_cut_does_not_matter(texts, data):
    whole = "\n".join(texts).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    parts = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]

    assert printed([part for part in parts if part]) == printed([whole] if whole else [])
