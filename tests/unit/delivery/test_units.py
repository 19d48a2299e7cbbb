"""What is counted of a clip for the bill."""

from uuid import uuid4

from workforce.delivery.building import ClipContent, units_of
from workforce.labels.ontology import Ontology
from workforce.labels.spans import Span
from workforce.labels.tracks import Flag, Keyframe, Picture, Track


def content(tracks=(), spans=(), frames=100, duration=4.0):
    return ClipContent(
        clip_id=uuid4(), source_sha256="", picture=Picture(640, 360, 0, frames - 1),
        ontology=Ontology({}), ontology_number=1, tracks=list(tracks), spans=list(spans),
        label_sets=[], redacted=None, started_at=None, time_zone="UTC", duration=duration,
    )  # fmt: skip


def test_objects_and_keyframes_are_counted_where_they_are_seen():
    box = (0.0, 0.0, 10.0, 10.0)
    seen = (Keyframe(0, Flag(0), box), Keyframe(50, Flag(0), box), Keyframe(60, Flag.OUTSIDE, box))
    never = (Keyframe(0, Flag.OUTSIDE, box),)
    tracks = [Track(uuid4(), "person", "box", {}, keyframes) for keyframes in (seen, never)]
    units = units_of(content(tracks))
    assert (units["frame"], units["object"], units["keyframe"]) == (100, 1, 2)


def test_time_is_an_exact_decimal():
    assert units_of(content(duration=4.0))["hour"] == "0.001111"
    assert units_of(content(duration=7200.0))["hour"] == "2.000000"


def test_minutes_of_one_kind_of_event_are_counted_once_where_tasks_overlap():
    spans = [
        Span(uuid4(), "loitering", 0, 49),
        Span(uuid4(), "loitering", 40, 59),
        Span(uuid4(), "fall", 50, 59),
    ]
    # 60 frames of loitering and 10 of a fall, of 100 frames in 60 seconds.
    assert units_of(content(spans=spans, duration=60.0))["event_minute"] == "0.700000"
    assert units_of(content())["event_minute"] == "0.000000"
