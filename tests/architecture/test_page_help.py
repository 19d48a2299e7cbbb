"""Help where one stands: each page names one entry of help, and each entry leads somewhere."""

import re
from functools import cache
from pathlib import Path

import pytest
from django.template import engines

from core.embedded.layout import REPOSITORY
from core.web.document_pages import documents, read
from core.web.page_help import HELP

BASES = {"base.html", "base_work.html", "base_plain.html"}
NAMED = re.compile(r'{% page_help "([a-z-]+)" %}')
EXTENDS = re.compile(r'{% extends "([^"]+)" %}')


def templates() -> list[Path]:
    rooms = ("core", "tenants", "workforce", "billing")
    found = [path for room in rooms for path in (REPOSITORY / room).rglob("templates/**/*.html")]
    return sorted(p for p in found if p.name not in BASES or p.parent.name != "templates")


@cache
def help_of(source: str) -> str | None:
    """The kind that a template names, itself or by what it extends."""
    if named := NAMED.search(source):
        return named[1]
    extended = EXTENDS.search(source)
    if extended is None or extended[1] in BASES:
        return None
    parent = engines["django"].get_template(extended[1]).template.source
    return help_of(parent)


def test_every_page_names_what_its_question_mark_opens() -> None:
    pages = [path for path in templates() if EXTENDS.search(path.read_text())]
    assert len(pages) > 80
    silent = [str(path) for path in pages if help_of(path.read_text()) not in HELP]
    assert silent == []


def test_no_help_is_left_over() -> None:
    named = {kind for path in templates() for kind in NAMED.findall(path.read_text())}
    assert named == set(HELP)


@pytest.mark.parametrize("kind", sorted(HELP))
def test_it_leads_to_a_section_that_is_there(kind: str) -> None:
    document, _, heading = HELP[kind].more.partition("#")
    if not document:
        return
    _, body = read(documents()[document])
    assert not heading or f'id="{heading}"' in body
