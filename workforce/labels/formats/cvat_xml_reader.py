"""Reader of CVAT for video 1.1, for files that other people made: streamed, and no DTD taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from uuid import UUID
from xml.parsers import expat

from core.errors import Invalid
from core.ids import new_id
from workforce.labels.formats.problems import Tell, stop
from workforce.labels.ontology import Label, Ontology, Scalar
from workforce.labels.tracks import Flag, Picture, Track, read_track

GEOMETRY_KINDS = {"box": "box", "polygon": "polygon"}


CHUNK = 1 << 16


def read_cvat(
    stream: BinaryIO, *, ontology: Ontology, picture: Picture, tell: Tell = stop
) -> list[Track]:
    """Tracks of a file; see `stream_cvat`."""
    return list(stream_cvat(stream, ontology=ontology, picture=picture, tell=tell))


def stream_cvat(
    stream: BinaryIO, *, ontology: Ontology, picture: Picture, tell: Tell = stop
) -> Iterator[Track]:
    """Tracks of a file, its keyframes only, held against the ontology; a few are held at a time.

    Labels and attributes may go by key or name. Tells Invalid naming the line, and raises it where
    the file is no XML.
    """
    reader = _Reader(ontology=ontology, picture=picture, tell=tell)
    ended = False
    while not ended:
        chunk = stream.read(CHUNK)
        ended = not chunk
        try:
            reader.parser.Parse(chunk, ended)
        except expat.ExpatError as error:
            raise Invalid(
                f"Line {error.lineno} is not XML ({expat.ErrorString(error.code)}); "
                "export the task again as 'CVAT for video 1.1'.",
                field="file",
            ) from error
        yield from reader.taken()
    if not reader.is_cvat:
        raise Invalid(
            "The file has no <annotations>; export the task as 'CVAT for video 1.1'.", field="file"
        )


@dataclass
class _OpenTrack:
    """A <track> being read."""

    label: Label
    flags: Flag
    id: str
    kind: str = "box"
    keyframes: list[list[Any]] = field(default_factory=list)
    values: dict[str, list[list[Any]]] = field(default_factory=dict)
    frame: int = 0


class _Reader:
    def __init__(self, *, ontology: Ontology, picture: Picture, tell: Tell) -> None:
        self.ontology = ontology
        self.picture = picture
        self.is_cvat = False
        self._tell = tell
        self._tracks: list[Track] = []
        self._ids: set[UUID] = set()
        #: Whether a track was told to be wrong: the rest of it is passed over.
        self._passing_over = False
        self._track: _OpenTrack | None = None
        self._attribute: str | None = None
        self._text: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def taken(self) -> list[Track]:
        """The tracks that were finished since this was asked last."""
        tracks, self._tracks = self._tracks, []
        return tracks

    def _refuse(self, message: str) -> Invalid:
        line = self.parser.CurrentLineNumber
        return Invalid(f"Line {line}: {message}", field=f"line {line}")

    def _refuse_doctype(self, *_: object) -> None:
        raise self._refuse("a document type is declared; CVAT writes none, remove it.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        try:
            self._begin(name, attributes)
        except Invalid as error:
            self._pass_over(error)

    def _pass_over(self, error: Invalid) -> None:
        self._track, self._attribute, self._passing_over = None, None, True
        self._tell(error)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "track":
            self._passing_over = False
        if self._passing_over:
            return
        if name == "annotations":
            self.is_cvat = True
        elif name == "image" and self.is_cvat:
            raise self._refuse("<image> is of 'CVAT for images'; export as 'CVAT for video 1.1'.")
        elif name == "track":
            self._track = self._open(attributes)
        elif self._track is not None and name in GEOMETRY_KINDS:
            self._shape(self._track, name, attributes)
        elif self._track is not None and name == "attribute":
            self._attribute = self._attribute_key(self._track.label, attributes.get("name", ""))
            self._text = []
        elif self._track is not None:
            raise self._refuse(f"shapes of kind <{name}> are not taken; use box or polygon.")

    def _characters(self, text: str) -> None:
        if self._attribute is not None:
            self._text.append(text)

    def _end(self, name: str) -> None:
        if self._track is None:
            return
        try:
            if name == "attribute" and self._attribute is not None:
                self._value(self._track, self._attribute, "".join(self._text))
                self._attribute = None
            elif name == "track":
                self._close(self._track)
                self._track = None
        except Invalid as error:
            self._pass_over(error)

    def _open(self, attributes: dict[str, str]) -> _OpenTrack:
        wanted = attributes.get("label", "")
        label = self.ontology.labels.get(wanted) or next(
            (item for item in self.ontology.labels.values() if item.name == wanted), None
        )
        if label is None:
            known = ", ".join(self.ontology.labels)
            raise self._refuse(f"the ontology has no label {wanted!r}; it has: {known}.")
        automatic = attributes.get("source") == "auto"
        return _OpenTrack(
            label=label,
            flags=Flag.AUTOMATIC if automatic else Flag(0),
            id=attributes.get("uuid", str(new_id())),
        )

    def _attribute_key(self, label: Label, wanted: str) -> str:
        for attribute in label.attributes.values():
            if wanted in {attribute.key, attribute.name}:
                return attribute.key
        raise self._refuse(f"label {label.key!r} has no attribute {wanted!r}.")

    def _shape(self, track: _OpenTrack, name: str, attributes: dict[str, str]) -> None:
        try:
            track.frame = int(attributes["frame"])
            flags = track.flags
            flags |= Flag.OUTSIDE if int(attributes.get("outside", "0")) else Flag(0)
            flags |= Flag.OCCLUDED if int(attributes.get("occluded", "0")) else Flag(0)
            is_keyframe = bool(int(attributes.get("keyframe", "1")))
            geometry = _geometry(name, attributes)
        except (KeyError, ValueError) as error:
            raise self._refuse(
                f"the <{name}> lacks or garbles a value: {str(error)[:80]}."
            ) from error
        track.kind = GEOMETRY_KINDS[name]
        if is_keyframe:
            track.keyframes.append([track.frame, int(flags), geometry])

    def _value(self, track: _OpenTrack, key: str, text: str) -> None:
        try:
            value: Scalar = track.label.attributes[key].read(text)
        except Invalid as error:
            raise self._refuse(error.message) from error
        changes = track.values.setdefault(key, [])
        if not changes or changes[-1][1] != value:
            changes.append([track.frame, value])

    def _close(self, track: _OpenTrack) -> None:
        attributes = {
            key: changes
            if track.label.attributes[key].mutable and len(changes) > 1
            else changes[-1][1]
            for key, changes in track.values.items()
        }
        wire = {
            "id": track.id,
            "label": track.label.key,
            "kind": track.kind,
            "attributes": attributes,
            "keyframes": track.keyframes,
        }
        try:
            found = read_track(wire, ontology=self.ontology, picture=self.picture)
        except Invalid as error:
            raise self._refuse(f"in the track that ends here, {error.message}") from error
        if found.id in self._ids:
            raise self._refuse(f"the id {found.id} of the track that ends here is there already.")
        self._ids.add(found.id)
        self._tracks.append(found)


def _geometry(name: str, attributes: dict[str, str]) -> list[float]:
    if name == "polygon":
        return [float(value) for point in attributes["points"].split(";") for value in _xy(point)]
    box = [float(attributes[edge]) for edge in ("xtl", "ytl", "xbr", "ybr")]
    return [*box, float(attributes["rotation"])] if "rotation" in attributes else box


def _xy(point: str) -> list[str]:
    pair = point.split(",")
    if len(pair) != 2:
        raise ValueError(f"{point!r} is not x,y")
    return pair
