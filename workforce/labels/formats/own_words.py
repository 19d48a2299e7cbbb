"""What a file says of itself: picture size, frames and labels, for a reader without a project."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from xml.parsers import expat

from core.errors import Invalid
from workforce.labels.formats.coco_reader import TECHNICAL
from workforce.labels.formats.json_pieces import pieces
from workforce.labels.formats.reading import Format

CHUNK = 1 << 16


@dataclass
class OwnWords:
    """What was found; 0 and an empty list where the file is silent."""

    width: int = 0
    height: int = 0
    frames: int = 0
    #: An ontology document.
    document: dict[str, Any] = field(default_factory=dict)


def own_words(stream: BinaryIO, file_format: Format, class_names: Iterable[str] = ()) -> OwnWords:
    """Read what a file says of itself; class_names: lines of MOTChallenge's labels.txt."""
    if file_format is Format.MOT:
        names = [name.strip() for name in class_names if name.strip()] or ["object"]
        return OwnWords(document=_document(dict.fromkeys(names, _no_attributes())))
    return _READERS[file_format](stream)


def _no_attributes() -> dict[str, dict[str, Any]]:
    return {}


def _document(labels: dict[str, dict[str, dict[str, Any]]]) -> dict[str, Any]:
    return {
        "labels": [
            {
                "key": key,
                "name": key,
                "kinds": ["box", "polygon"],
                "attributes": list(attributes.values()),
            }
            for key, attributes in labels.items()
        ]
    }


def _jsonl(stream: BinaryIO) -> OwnWords:
    try:
        header = json.loads(stream.readline())
        return OwnWords(
            int(header["width"]), int(header["height"]), int(header["end"]) + 1,
            header.get("ontology", {}),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Invalid("Line 1 is not the header of JSON Lines.", field="line 1") from error


def _coco(stream: BinaryIO) -> OwnWords:
    found = OwnWords()
    names: dict[Any, str] = {}
    labels: dict[str, dict[str, dict[str, Any]]] = {}
    used: list[tuple[Any, dict[str, Any]]] = []
    for member, item, _ in pieces(stream):
        if not isinstance(item, dict):
            continue
        if member == "images":
            found.width = max(found.width, _size(item.get("width")))
            found.height = max(found.height, _size(item.get("height")))
            found.frames += 1
        elif member == "categories" and isinstance(item.get("name"), str):
            names[repr(item.get("id"))] = item["name"]
            labels[item["name"]] = {}
        elif member == "annotations" and isinstance(item.get("attributes"), dict):
            used.append((repr(item.get("category_id")), item["attributes"]))
    for category, attributes in used:
        for key, value in attributes.items():
            if key not in TECHNICAL and category in names:
                labels[names[category]].setdefault(key, _attribute(key, value))
    found.document = _document(labels)
    return found


def _size(value: object) -> int:
    return value if isinstance(value, int) and 0 < value < 2**31 else 0


def _attribute(key: str, value: object) -> dict[str, Any]:
    kinds = {bool: "checkbox", int: "number", float: "number"}
    return {"key": key, "type": kinds.get(type(value), "text"), "mutable": True}


class _Cvat:
    """The <meta> of a file; reading ends with it."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.path: list[str] = []
        self.labels: dict[str, dict[str, dict[str, Any]]] = {}
        self.found = OwnWords()
        self.ended = False
        self._label = ""
        self._attribute: dict[str, Any] = {}
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.text.append

    def _refuse(self, *_: object) -> None:
        raise Invalid("A document type is declared; CVAT writes none, remove it.", field="file")

    def _start(self, name: str, _: object) -> None:
        self.path.append(name)
        self.text.clear()
        if name == "attribute":
            self._attribute = {}

    def _end(self, name: str) -> None:
        self.path.pop()
        text, parent = "".join(self.text).strip(), self.path[-1] if self.path else ""
        self.text.clear()
        if (parent, name) == ("label", "name"):
            self._label = text
            self.labels[text] = {}
        elif parent == "attribute":
            self._attribute[name] = text
        elif (parent, name) == ("attributes", "attribute"):
            self._take_attribute()
        elif parent == "original_size" and text.isdecimal() and len(text) < 10:
            setattr(self.found, "width" if name == "width" else "height", int(text))
        elif name in {"size", "stop_frame"} and text.isdecimal() and len(text) < 10:
            frames = int(text) + (name == "stop_frame")
            self.found.frames = max(self.found.frames, frames)
        elif name == "meta":
            self.ended = True

    def _take_attribute(self) -> None:
        given = self._attribute
        kind = {"radio": "select"}.get(given.get("input_type", ""), given.get("input_type", "text"))
        attribute = {
            "key": given.get("name", ""),
            "type": kind,
            "mutable": given.get("mutable", "").lower() == "true",
            "values": given.get("values", "").split("\n") if kind == "select" else [],
            "default": _default(kind, given.get("default_value", "")),
        }
        self.labels[self._label][attribute["key"]] = attribute


def _default(kind: str, text: str) -> str | bool | float | None:
    if kind == "checkbox":
        return {"true": True, "false": False}.get(text.lower())
    if kind == "number":
        return float(text) if text.removeprefix("-").isdecimal() and len(text) < 16 else None
    return text or None


def _cvat(stream: BinaryIO) -> OwnWords:
    reader = _Cvat()
    try:
        while not reader.ended and (chunk := stream.read(CHUNK)):
            reader.parser.Parse(chunk, False)  # noqa: FBT003 - expat takes no names
    except expat.ExpatError as error:
        raise Invalid(
            f"Line {error.lineno} is not XML ({expat.ErrorString(error.code)}).", field="file"
        ) from error
    reader.found.document = _document(reader.labels)
    return reader.found


_READERS = {Format.JSONL: _jsonl, Format.COCO: _coco, Format.CVAT: _cvat}
