"""CVAT for video 1.1: every frame of every track, keyframes marked, in one XML file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

from workforce.labels.formats.clip import ClipLabels, number
from workforce.labels.formats.rows import is_upright, texts, upright_blocks
from workforce.labels.interpolation import Shape, shapes_and_ends
from workforce.labels.ontology import Attribute, Label, Scalar
from workforce.labels.tracks import Flag, Picture, Track

# Our attribute types under CVAT's names.
INPUT_TYPES = {"select": "select", "checkbox": "checkbox", "number": "number", "text": "text"}


def write_cvat(out: BinaryIO, clip: ClipLabels) -> int:
    """Write the file as a stream, a track at a time; gives the number of tracks.

    Labels go by their keys. The track's own id is kept in the attribute `uuid`, and the object that
    a linked track is in all clips in `identity`; CVAT passes both over.
    """
    out.write(b'<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n')
    out.write(b"  <version>1.1</version>\n")
    out.write(_meta(clip).encode())
    written = 0
    for position, track in enumerate(clip.tracks):
        source = "auto" if _by_detector(track) else "manual"
        out.write(
            f'  <track id="{position}" label={quoteattr(track.label)} source="{source}"'
            f' uuid="{track.id}"{_identity(clip, track)}>\n'.encode()
        )
        rows = _upright_elements if is_upright(track) else _elements
        for block in rows(track, clip.picture):
            out.write(block.encode())
        out.write(b"  </track>\n")
        written += 1
    out.write(b"</annotations>\n")
    return written


def _identity(clip: ClipLabels, track: Track) -> str:
    identity = clip.identities.get(track.id)
    return "" if identity is None else f' identity="{identity}"'


def _by_detector(track: Track) -> bool:
    return all(keyframe.flags & Flag.AUTOMATIC for keyframe in track.keyframes)


def _meta(clip: ClipLabels) -> str:
    picture = clip.picture
    labels = "".join(_label(label) for label in clip.ontology.labels.values())
    return (
        "  <meta>\n    <task>\n"
        f"      <name>{escape(clip.name)}</name>\n"
        f"      <size>{picture.end - picture.start + 1}</size>\n"
        "      <mode>interpolation</mode>\n"
        f"      <start_frame>{picture.start}</start_frame>\n"
        f"      <stop_frame>{picture.end}</stop_frame>\n"
        f"      <labels>\n{labels}      </labels>\n"
        f"      <original_size><width>{picture.width}</width>"
        f"<height>{picture.height}</height></original_size>\n"
        "    </task>\n  </meta>\n"
    )


def _label(label: Label) -> str:
    attributes = "".join(_attribute_spec(item) for item in label.attributes.values())
    return (
        f"        <label><name>{escape(label.key)}</name>"
        f"<attributes>{attributes}</attributes></label>\n"
    )


def _attribute_spec(attribute: Attribute) -> str:
    default = "" if attribute.default is None else _text(attribute.default)
    return (
        f"<attribute><name>{escape(attribute.key)}</name>"
        f"<mutable>{attribute.mutable}</mutable>"
        f"<input_type>{INPUT_TYPES[attribute.type]}</input_type>"
        f"<default_value>{escape(default)}</default_value>"
        f"<values>{escape(chr(10).join(attribute.values))}</values></attribute>"
    )


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(float(value)) if isinstance(value, int | float) else value


def _upright_elements(track: Track, picture: Picture) -> Iterator[str]:
    """Boxes put together as text, a block of frames at a time."""
    goes_on = track.keyframes[-1].frame > picture.end
    inner = _Inner(track)
    first = True
    for block in upright_blocks(track, picture.start, picture.end, ends=True):
        marked = block.keyframe.copy()
        marked[0] |= first
        marked[-1] |= goes_on and block.frames[-1] == picture.end
        first = False
        edges = iter(texts(block.boxes))
        rows = zip(
            block.frames.tolist(),
            marked.tolist(),
            block.outside.tolist(),
            block.occluded.tolist(),
            *[edges] * 4,
            strict=True,
        )
        yield "".join(
            f'    <box frame="{frame}" keyframe="{keyframe:d}" outside="{outside:d}" '
            f'occluded="{occluded:d}" xtl="{x1}" ytl="{y1}" xbr="{x2}" ybr="{y2}" z_order="0">\n'
            f"{inner.at(frame)}    </box>\n"
            for frame, keyframe, outside, occluded, x1, y1, x2, y2 in rows
        )


class _Inner:
    """The <attribute> elements of a track's shapes, made again only where a value changes."""

    def __init__(self, track: Track) -> None:
        self._track = track
        self._changes = track.changes()
        self._held: dict[int, str] = {}

    def at(self, frame: int) -> str:
        stretch = bisect_right(self._changes, frame) if self._changes else 0
        if stretch not in self._held:
            self._held[stretch] = _attribute_values(self._track, frame)
        return self._held[stretch]


def _elements(track: Track, picture: Picture) -> Iterator[str]:
    for shape, keyframe in _rows(track, picture):
        yield _shape(track, shape, keyframe=keyframe)


def _attribute_values(track: Track, frame: int) -> str:
    return "".join(
        f"      <attribute name={quoteattr(key)}>{escape(_text(value))}</attribute>\n"
        for key, value in track.attributes_at(frame).items()
    )


def _rows(track: Track, picture: Picture) -> Iterator[tuple[Shape, bool]]:
    """Shapes to write; where the range cuts a track, the cut becomes a keyframe."""
    goes_on = track.keyframes[-1].frame > picture.end
    for position, shape in enumerate(shapes_and_ends(track, picture.start, picture.end)):
        cut = position == 0 or (goes_on and shape.frame == picture.end)
        yield shape, shape.keyframe or cut


def _shape(track: Track, shape: Shape, *, keyframe: bool) -> str:
    common = (
        f'frame="{shape.frame}" keyframe="{int(keyframe)}" '
        f'outside="{int(shape.outside)}" occluded="{int(shape.occluded)}"'
    )
    attributes = _attribute_values(track, shape.frame)
    if track.kind == "polygon":
        pairs = zip(shape.geometry[0::2], shape.geometry[1::2], strict=True)
        points = ";".join(f"{number(x)},{number(y)}" for x, y in pairs)
        return f'    <polygon {common} points="{points}" z_order="0">\n{attributes}    </polygon>\n'
    x1, y1, x2, y2 = map(number, shape.geometry[:4])
    turned = f' rotation="{number(shape.geometry[4])}"' if len(shape.geometry) == 5 else ""
    return (
        f'    <box {common} xtl="{x1}" ytl="{y1}" xbr="{x2}" ybr="{y2}"{turned} z_order="0">\n'
        f"{attributes}    </box>\n"
    )
