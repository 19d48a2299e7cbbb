"""A select of many options: Django renders a template for each, here they are written at once."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.choices import BaseChoiceIterator
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.web.written import written_options


class FlatChoices(BaseChoiceIterator):
    """Choices, (value, text) each, in no groups: in a list Django looks for some, twice."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = list(pairs)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)


class QuickSelect(forms.Select):
    """A select whose choices are all in one group."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Write the element with its options."""
        given = {"name": name, **self.build_attrs(self.attrs, attrs)}
        written = written_options(self.choices, self.format_value(value))
        return format_html("<select{}>{}</select>", flatatt(given), written)
