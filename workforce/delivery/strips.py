"""The days on which forecasts are drawn."""

from datetime import datetime, timedelta

from django.utils import timezone

#: Yesterday, and eight from today.
STRIP_DAYS = 9


def strip_start(instant: datetime) -> datetime:
    """Give yesterday's midnight in the reader's zone."""
    local = timezone.localtime(instant) - timedelta(days=1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
