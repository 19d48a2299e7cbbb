"""Attributes of a label or an event as lines of text, which a person writes faster than a form.

One line an attribute, `~` in front when it may change from frame to frame, `*` at the default:

    Age group: child, adult, senior, unclear*
    ~ Carries something: yes/no*
    Height: number = 180
    Plate: text

An attribute keeps its key when the name is changed if the key stands in brackets behind the name:
`Coat [upper_colour]: red, blue`.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from django.utils.text import slugify

#: What stands before the colon, without the tilde.
HEAD = re.compile(r"(?P<name>[^\[\]]+)(\[(?P<key>\w+)\])?")
#: What a checkbox is written as, by its default.
CHECKBOX = {None: "yes/no", True: "yes*/no", False: "yes/no*"}


def key_of(name: str) -> str:
    """Make a key of a name: letters, digits and underscores, a letter first."""
    key = slugify(name).replace("-", "_").lstrip("_0123456789")
    return key[:63]


def parse_attributes(text: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Read lines; give the attributes and a sentence for each line that is none."""
    attributes, wrong = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        attribute = _parsed(line.strip())
        if attribute is None:
            wrong.append(
                f"Line {number}: write a name, a colon, and the values: Coat: red, blue*."
                " Or yes/no, number or text in the place of values."
            )
        else:
            attributes.append(attribute)
    return attributes, wrong


def _parsed(line: str) -> dict[str, Any] | None:
    head, colon, values = line.partition(":")
    match = HEAD.fullmatch(head.removeprefix("~").strip())
    if match is None or not colon:
        return None
    name = match["name"].strip()
    key = match["key"] or key_of(name)
    kind = _kind(values.strip())
    if not key or kind is None:
        return None
    return {"key": key, "name": name, **kind, "mutable": head.startswith("~")}


def _kind(text: str) -> dict[str, Any] | None:
    """Read what stands behind the colon: type, values and default."""
    for default, written in CHECKBOX.items():
        if text == written:
            return {"type": "checkbox", "default": default}
    word, equals, default_text = (part.strip() for part in text.partition("="))
    if word == "text":
        return {"type": "text", "default": default_text if equals else None}
    if word == "number":
        return _number(default_text) if equals else {"type": "number", "default": None}
    values = [value.strip() for value in text.split(",")]
    chosen = [value[:-1].rstrip() for value in values if value.endswith("*")]
    if not all(values) or len(chosen) > 1:
        return None
    plain = [value[:-1].rstrip() if value.endswith("*") else value for value in values]
    return {"type": "select", "values": plain, "default": chosen[0] if chosen else None}


def _number(text: str) -> dict[str, Any] | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    whole = number.is_integer() and abs(number) < 2**53
    return {"type": "number", "default": int(number) if whole else number}


def write_attributes(attributes: list[dict[str, Any]]) -> str | None:
    """Give the lines of attributes; None when one can't be written so (a comma in a value)."""
    text = "\n".join(_line(attribute) for attribute in attributes)
    read, wrong = parse_attributes(text)
    return text if not wrong and read == [plain(attribute) for attribute in attributes] else None


def plain(attribute: Mapping[str, Any]) -> dict[str, Any]:
    """Give an attribute with all that it may leave out."""
    filled = {"default": None, "mutable": False, **attribute}
    if filled["type"] != "select":
        filled.pop("values", None)
    return filled


def _line(attribute: dict[str, Any]) -> str:
    name, key = attribute["name"], attribute["key"]
    shown = name if key_of(name) == key else f"{name} [{key}]"
    mark = "~ " if attribute.get("mutable") else ""
    return f"{mark}{shown}: {_values(attribute)}"


def _values(attribute: dict[str, Any]) -> str:
    default, kind = attribute.get("default"), attribute["type"]
    if kind == "checkbox":
        return CHECKBOX.get(default, "?")
    if kind in {"number", "text"}:
        return kind if default is None else f"{kind} = {default}"
    return ", ".join(f"{v}*" if v == default else v for v in attribute["values"])
