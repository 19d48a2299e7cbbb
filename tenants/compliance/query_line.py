"""The query line: what a reader types, as filters. `action:footage.frames.serve -purpose:task`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from core.audit.models import AuditEntry
from core.tenancy.scope import scope
from tenants.compliance.names import camera_names
from tenants.intake.models import Batch, Clip

#: What may be typed before the colon, and the filter that it is.
FIELDS: Mapping[str, str] = {
    "action": "action", "who": "actor", "actor": "actor", "person": "actor", "role": "role",
    "camera": "camera", "batch": "batch", "clip": "subject", "subject": "subject",
    "purpose": "why", "why": "why",
    "after": "after", "from": "after", "before": "before",
}  # fmt: skip
SAID = "action, who, role, camera, batch, clip, subject, purpose, after or before"
#: Filters of which one value holds at a time; of the others several are one filter.
SINGLE = ("actor", "subject", "batch", "after", "before")

_PART = re.compile(
    r"""(?P<no>-|not\s+)?(?:(?P<field>\w+):)?(?:"(?P<quoted>[^"]*)"|(?P<word>\S+))"""
)


class Unreadable(ValueError):
    """A part of the line that is no filter; the message says which, and what to type instead."""


@dataclass
class Line:
    """A line as it was read."""

    filters: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


def read_line(tenant: UUID, text: str) -> Line:
    """Read a line; parts that are no filter are named in `errors`."""
    line = Line()
    for part in _PART.finditer(text.strip()):
        value = (part["quoted"] if part["quoted"] is not None else part["word"]).strip()
        try:
            name, found = _filter(tenant, part["field"], value)
        except Unreadable as error:
            line.errors.append(str(error))
            continue
        if part["no"]:
            if name in ("after", "before"):
                line.errors.append(f"“{name}” can't be excluded: use the other one.")
                continue
            if name == "batch":
                line.errors.append("A batch can't be excluded: leave clips or cameras out.")
                continue
            name = f"not_{name}"
        before = line.filters.get(name)
        single = name.removeprefix("not_") in SINGLE
        line.filters[name] = found if single or not before else f"{before},{found}"
    return line


def _filter(tenant: UUID, written: str | None, value: str) -> tuple[str, str]:
    if written is None and value.endswith(":"):
        raise Unreadable(f"“{value}” has no value behind it.")
    if written is None:
        return _guessed(tenant, value)
    name = FIELDS.get(written.lower())
    if name is None:
        raise Unreadable(f"“{written}” is no field of the log: take {SAID}.")
    if not value:
        raise Unreadable(f"“{written}:” has no value behind it.")
    finders = {"actor": _person, "camera": _camera, "batch": _batch}
    if name in finders:
        return name, finders[name](tenant, value)
    if name in ("after", "before"):
        return name, _instant(value)
    if written.lower() == "clip":
        return name, f"clip:{_clip(tenant, value)}"
    return name, value


def _guessed(tenant: UUID, value: str) -> tuple[str, str]:
    """A word without a field is an action, a person's id, a camera or a clip, in this order."""
    if re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", value):
        with scope(tenant):
            if AuditEntry.objects.filter(action=value).exists():
                return "action", value
    for name, find in (("actor", _person), ("camera", _camera)):
        try:
            return name, find(tenant, value)
        except Unreadable:
            continue
    return "subject", f"clip:{_clip(tenant, value)}"


def _person(tenant: UUID, value: str) -> str:
    """Find an account by its id or the beginning of it, as rows show it."""
    digits = value.lower().removeprefix("person").strip().replace("-", "")
    if not re.fullmatch(r"[0-9a-f]{4,32}", digits):
        raise Unreadable(f"“{value}” is no id of an account: type 8 of its characters, or all.")
    low, high = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
    with scope(tenant):
        rows = AuditEntry.objects.filter(actor_id__gte=low, actor_id__lte=high)
        found = list(rows.order_by("actor_id").values_list("actor_id", flat=True).distinct()[:2])
    if not found:
        raise Unreadable(f"Nobody whose id begins with “{value}” is in this log.")
    if len(found) > 1:
        raise Unreadable(f"Several people's ids begin with “{value}”: type more of it.")
    return str(found[0])


def _camera(tenant: UUID, value: str) -> str:
    names = camera_names(tenant)
    for fits in (str.__eq__, str.__contains__):
        found = [key for key, name in names.items() if fits(name.lower(), value.lower())]
        if len(found) == 1:
            return str(found[0])
        if found:
            raise Unreadable(f"Several cameras are called “{value}”: type more of the name.")
    raise Unreadable(f"No camera is called “{value}”.")


def _batch(tenant: UUID, value: str) -> str:
    """Find a batch by its id, or by its name."""
    with scope(tenant):
        try:
            batches = Batch.objects.filter(id=UUID(value))
        except ValueError:
            batches = Batch.objects.filter(name__iexact=value)
        found = list(batches.values_list("id", flat=True)[:2])
    if len(found) > 1:
        raise Unreadable(f"Several batches are called “{value}”: type its id, from its page.")
    if not found:
        raise Unreadable(f"No batch is called “{value}”.")
    return str(found[0])


def _clip(tenant: UUID, value: str) -> str:
    with scope(tenant):
        try:
            clips = Clip.objects.filter(id=UUID(value))
        except ValueError:
            clips = Clip.objects.filter(filename__icontains=value)
        found = list(clips.order_by("filename").values_list("id", "filename")[:6])
    exact = [key for key, name in found if name == value]
    if len(found) == 1 or len(exact) == 1:
        return str((exact or [found[0][0]])[0])
    if not found:
        raise Unreadable(f"No clip is called “{value}”.")
    some = ", ".join(name for _, name in found[:5])
    raise Unreadable(f"Several clips fit “{value}”: {some}. Type more of the name.")


def _instant(value: str) -> str:
    """Read a date or an instant, of the reader's own zone where none is given."""
    try:
        instant = parse_datetime(value.replace("_", " "))
        day = None if instant else parse_date(value)
    except ValueError:
        instant = day = None
    if instant is None and day is not None:
        instant = datetime.combine(day, time())
    if instant is None:
        raise Unreadable(f"“{value}” is no time: write 2026-11-19 or 2026-11-19T14:00.")
    if timezone.is_naive(instant):
        instant = timezone.make_aware(instant)
    return instant.isoformat()
