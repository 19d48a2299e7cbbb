"""E-mails of notices: one at once, or the daily one at an hour of the person's own day."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from core.accounts.models import Person
from core.clock import now
from core.notices.hearers import places_of
from core.notices.kinds import KINDS
from core.notices.models import DigestHour, Mark
from core.notices.reading import Told, words_of
from core.notices.services import digest_hour
from core.notices.stopping import DIGEST, stop_link

#: So many stand in one daily e-mail; the rest are counted and wait in the portal.
MOST = 50


def zone_of(person: Person) -> ZoneInfo:
    """Give a person's time zone; UTC where theirs is none that this machine knows."""
    try:
        return ZoneInfo(person.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def next_digest(after: datetime, zone: ZoneInfo, hour: int) -> datetime:
    """Give the first instant after `after` at which the day of `zone` reaches `hour`.

    Once a day, also on the days that clocks change: an hour that comes twice counts the first
    time, one that is left out counts an hour later by the clock.
    """
    day = after.astimezone(zone).date()
    for days in (0, 1, 2):
        at = datetime.combine(day + timedelta(days=days), time(hour), zone)
        # Aware datetimes of one zone compare by their wall clocks: instants are meant.
        if at.timestamp() > after.timestamp():
            return at
    raise AssertionError("two days have an hour of each number")


def due_digests(*, limit: int = 500) -> list[UUID]:
    """Give the people whose daily e-mail is due now and has something to say."""
    instant = now()
    rows = Mark.objects.filter(in_digest=True).order_by("person_id", "created_at")
    oldest = rows.distinct("person_id").values_list("person_id", "created_at")
    waiting: dict[UUID, datetime] = dict(oldest)
    hours = dict(DigestHour.objects.filter(person_id__in=waiting).values_list("person_id", "hour"))
    due = [
        person.id
        for person in Person.objects.filter(id__in=waiting)
        if next_digest(waiting[person.id], zone_of(person), hours.get(person.id, 8)) <= instant
    ]
    return due[:limit]


def mail_now(notice_id: UUID) -> bool:
    """Send the e-mail of one notice, unless it was read or its person may not read it any more.

    Sends outside any transaction; the caller marks it sent. Tell whether it went.
    """
    mark = (
        Mark.objects.filter(id=notice_id, mailed_at__isnull=True, read_at__isnull=True)
        .select_related("person")
        .first()
    )
    if mark is None or not _reaches(mark.person, mark):
        return False
    told = words_of([mark])
    if not told:
        return False
    _send(mark.person, told, subject=told[0].sentence, stops=told[0].kind.name, more=0)
    return True


def mail_digest(person_id: UUID) -> list[UUID]:
    """Send a person's daily e-mail; give the notices that are thereby dealt with.

    Those that were read meanwhile, or that the person may not read any more, are left out of it.
    """
    person = Person.objects.filter(id=person_id, is_active=True).first()
    rows = Mark.objects.filter(person_id=person_id, in_digest=True).order_by("-created_at", "id")
    marks = list(rows)
    if person is None or not marks:
        return [mark.id for mark in marks]
    places = places_of(person)
    unread = [m for m in marks if m.read_at is None and m.tenant_id in places and m.kind in KINDS]
    told = words_of(unread[:MOST])
    if told:
        count = len(unread)
        subject = told[0].sentence if count == 1 else f"{count} things since the last e-mail"
        _send(person, told, subject=subject, stops=DIGEST, more=count - len(told))
    return [mark.id for mark in marks]


def _reaches(person: Person, mark: Mark) -> bool:
    return person.is_active and mark.kind in KINDS and mark.tenant_id in places_of(person)


def _send(person: Person, told: Sequence[Told], *, subject: str, stops: str, more: int) -> None:
    stop = f"{settings.BASE_URL}/notices/stop/{stop_link(person.id, stops)}"
    context = {
        "person": person,
        "told": told,
        "more": more,
        "base": settings.BASE_URL,
        "stop": stop,
        "digest": stops == DIGEST,
        "hour": digest_hour(person),
        "zone": zone_of(person),
    }
    message = EmailMultiAlternatives(
        subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{' '.join(subject.split())}",
        body=render_to_string("notices/mail.txt", context),
        to=[person.email],
        headers={
            # The same e-mail sent twice, because a worker died between sending and noting it, is
            # one e-mail to programs that look at its id.
            "Message-ID": f"<{told[0].id}.{stops}@{_host()}>",
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(render_to_string("notices/mail.html", context), "text/html")
    message.send()


def _host() -> str:
    return settings.BASE_URL.partition("://")[2].partition("/")[0].partition(":")[0]
