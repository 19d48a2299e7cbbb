"""Filters of a list, in the query of its page, so that a filtered list is an address.

All of a query is optional and all that is given must hold. What cannot be read is said at its own
field, and then nothing is filtered.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, tzinfo
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from core.web.quick_select import FlatChoices, QuickSelect


class Filters(forms.Form):
    """Base of the filters of a list; shown by `components/filters.html`."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, auto_id="f-%s", label_suffix="")

    @property
    def any_given(self) -> bool:
        """Whether the query asks for less than all."""
        return any(self.data.get(name) for name in self.fields)

    @property
    def given(self) -> dict[str, Any]:
        """What is asked for by name, where all of it can be read; else nothing."""
        return self.cleaned_data if self.is_valid() else {}


def any_of(choices: list[tuple[str, str]], label: str) -> forms.ChoiceField:
    """Give the field for one of some values, or any of them."""
    given = FlatChoices([("", "Any"), *choices])
    return forms.ChoiceField(required=False, choices=given, label=label, widget=QuickSelect)


class Period(Filters):
    """Filters with a first and a last day, both included, in the reader's time zone."""

    since = forms.DateField(
        label="From", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label="Until", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    #: Whose days are meant; None: those of the request's person.
    zone: tzinfo | None = None

    def clean(self) -> dict[str, Any]:
        """Refuse a span that ends before it begins."""
        given = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and until and until < since:
            self.add_error("until", "This is before the first day.")
        return given

    def within(self, column: str) -> Q:
        """Give the condition that an instant lies in the days that are asked for."""
        asked, wanted = self.given, Q()
        if asked.get("since"):
            wanted &= Q(**{f"{column}__gte": _moment(asked["since"], time.min, self.zone)})
        if asked.get("until"):
            wanted &= Q(**{f"{column}__lte": _moment(asked["until"], time.max, self.zone)})
        return wanted


def _moment(day: date, at: time, zone: tzinfo | None) -> datetime:
    return timezone.make_aware(datetime.combine(day, at), zone)
