"""Each class of the stylesheets is given to something by a page, by a script or by a tag.

A class is given where it stands in a quoted string: of a template (not in its text), of a script,
of a module (not in its docstrings); or where a string ends in its beginning and a value follows, as
in `pill--{{ status }}`, and the rest of it is a string of its own somewhere.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LAYERS = ("core", "tenants", "workforce", "billing")
SHEETS = sorted((ROOT / "core" / "web" / "static").glob("*.css"))

#: Where the beginning of a class ends and a value follows, in templates, scripts and modules.
VALUE = r"(?:\{\{|\{%|\$\{|\{)"
#: Families whose members are numbers.
NUMBERED = {"k": range(1, 9), "hx": range(1, 7), "ref__d": range(1, 4)}


def classes_of(css: str) -> set[str]:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"url\([^)]*\)|\"[^\"]*\"", " ", css)
    selectors = " ".join(re.findall(r"([^{}]+)\{", css))
    return set(re.findall(r"\.([A-Za-z_][\w-]*)", selectors))


def strings_of_template(text: str) -> list[str]:
    text = re.sub(r"(?s)\{% comment %\}.*?\{% endcomment %\}", "", text)
    blocks = re.findall(r"(?s)\{% block \w*class %\}(.*?)\{% endblock", text)
    return [*re.findall(r'"([^"]*)"', text), *re.findall(r"'([^']*)'", text), *blocks]


def strings_of_script(text: str) -> list[str]:
    text = re.sub(r"(?m)^\s*(//|\*|/\*\*).*$", "", text)
    return re.findall(r"[\"'`]((?:[^\"'`\\]|\\.)*)(?=[\"'`])", text)


def strings_of_module(text: str) -> list[str]:
    tree = ast.parse(text)
    said = {
        id(node.value) for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }  # fmt: skip
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
            found.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and id(node) not in said:
            found.append(str(node.value))
    return found


@cache
def strings() -> str:
    """All strings of what makes pages, a line each."""
    found: list[str] = []
    for layer in LAYERS:
        for file in (ROOT / layer).rglob("*.html"):
            found += strings_of_template(file.read_text())
        for file in (ROOT / layer).rglob("*.py"):
            if "migrations" not in file.parts:
                found += strings_of_module(file.read_text())
    for file in (ROOT / "frontend" / "src").rglob("*.ts"):
        found += strings_of_script(file.read_text())
    return "\n".join(string.replace("\n", " ") for string in found)


@cache
def words() -> frozenset[str]:
    return frozenset(re.findall(r"[A-Za-z_][\w-]*", strings()))


def is_given(name: str) -> bool:
    if name in words():
        return True
    for prefix, numbers in NUMBERED.items():
        if name in {f"{prefix}{number}" for number in numbers}:
            return re.search(rf"(?<![\w-]){prefix}{VALUE}", strings()) is not None
    for end in re.finditer(r"-|__", name):
        begin, rest = name[: end.end()], name[end.end() :]
        if rest in words() and re.search(rf"(?<![\w-]){re.escape(begin)}{VALUE}", strings()):
            return True
    return False


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_each_class_of_a_stylesheet_is_given_to_something(sheet):
    unused = sorted(name for name in classes_of(sheet.read_text()) if not is_given(name))
    assert unused == [], f"{sheet.name}: remove what styles nothing"


@pytest.mark.parametrize("name", ["qviews", "pill--purple", "hx9"])
def test_a_class_that_nothing_has_is_told(name):
    assert not is_given(name)


def test_text_of_a_page_gives_no_class():
    assert "brush" not in " ".join(strings_of_template('<p class="soft">A brush</p>'))
    assert strings_of_module('"""A brush."""\nname = f"pill--{status}"') == ["pill--{}", "pill--"]
