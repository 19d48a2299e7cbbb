"""Business time: which instants count for a clock, by local opening hours and holidays.

Opening hours are local wall-clock times, so each day's window is turned into instants on its own:
a day on which the clocks change may be an hour longer or shorter. A local time that is skipped
means the instant of the change. One that comes twice opens at its first and closes at its second
coming, so that a repeated hour inside the hours counts twice: it does pass twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
MIDNIGHT = time()


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of one weekday; closes=None is the end of the day."""

    opens: time
    closes: time | None


@dataclass(frozen=True)
class Calendar:
    """A time zone with opening hours by weekday (0 is Monday) and days that are closed."""

    zone: str
    hours: Mapping[int, Hours]
    holidays: frozenset[date]

    @cached_property
    def day_length(self) -> timedelta:
        """How much business time a usual day has: the longest of the week."""
        return max(_length(hours) for hours in self.hours.values())

    def window(self, day: date) -> tuple[datetime, datetime] | None:
        """Give the opening and closing instant of a local day in UTC; None when it is closed."""
        hours = self.hours.get(day.weekday())
        if hours is None or day in self.holidays:
            return None
        zone = ZoneInfo(self.zone)
        opens = _instant(datetime.combine(day, hours.opens), zone, last=False)
        if hours.closes is None:
            closes = _instant(datetime.combine(day + ONE_DAY, MIDNIGHT), zone, last=False)
        else:
            closes = _instant(datetime.combine(day, hours.closes), zone, last=True)
        return (opens, closes) if closes > opens else None

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Give the business time from `start` to `end`; nothing when they are the wrong way."""
        total = timedelta()
        if end <= start:
            return total
        for opens, closes in self._windows(start):
            if opens >= end:
                break
            total += max(min(closes, end) - max(opens, start), timedelta())
        return total

    def after(self, start: datetime, duration: timedelta) -> datetime:
        """Give the earliest instant with `duration` of business time since `start`.

        A negative duration gives the instant from which it has passed until `start`.
        """
        if duration < timedelta():
            return self._before(start, -duration)
        if not duration:
            return start
        left = duration
        for opens, closes in self._windows(start):
            begin = max(opens, start)
            if closes - begin >= left:
                return begin + left
            left -= max(closes - begin, timedelta())
        raise OverflowError("there is no instant that far ahead")

    def _before(self, start: datetime, duration: timedelta) -> datetime:
        left = duration
        day = start.astimezone(ZoneInfo(self.zone)).date() + ONE_DAY
        while True:
            window = self.window(day)
            if window is not None:
                end = min(window[1], start)
                if end - window[0] >= left:
                    return end - left
                left -= max(end - window[0], timedelta())
            day -= ONE_DAY

    def _windows(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Windows from the local day before `start` on, in order."""
        day = start.astimezone(ZoneInfo(self.zone)).date() - ONE_DAY
        while day < date.max - ONE_DAY * 2:
            window = self.window(day)
            if window is not None:
                yield window
            day += ONE_DAY


def _length(hours: Hours) -> timedelta:
    def since_midnight(moment: time) -> timedelta:
        return timedelta(hours=moment.hour, minutes=moment.minute)

    closes = since_midnight(hours.closes) if hours.closes else ONE_DAY
    return closes - since_midnight(hours.opens)


@lru_cache(maxsize=4096)
def _instant(local: datetime, zone: ZoneInfo, *, last: bool) -> datetime:
    """Give the instant of a naive local time: of its last coming, or of its first."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if second >= first:  # once, or twice
        return second if last else first
    return _change(second, first, zone)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Find the instant between the two, to the second, at which the zone's offset changes."""
    offset = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        same = (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset
        low, high = (middle, high) if same else (low, middle)
    return before + timedelta(seconds=high)
