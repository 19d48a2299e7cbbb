"""The form of a release's page that disputes it: a reason, and a few frames that are pinned."""

import re
from uuid import UUID

from django import forms
from django.http import QueryDict

from core.errors import Invalid
from workforce.delivery.disputes import MOST_TEXT, Pin
from workforce.delivery.models import Release

#: Frames that the form takes; the API takes more.
PIN_ROWS = 3
#: Digits of a frame's number: no clip has as many frames.
LONGEST_NUMBER = 9
#: Which of the pins an error of the service is about, and what of it.
OF_A_PIN = re.compile(r"pins\[(\d+)\]\.(clip|frame|text)$")


class PinForm(forms.Form):
    """One frame. A row without a frame and without words is none."""

    clip = forms.ChoiceField(label="Clip", required=False)
    frame = forms.CharField(
        label="Frame number",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "pattern": "[0-9]*"}),
    )
    text = forms.CharField(label="What is wrong there", max_length=MOST_TEXT, required=False)
    identity = forms.BooleanField(
        label="The labels are right, but it is somebody else in another clip", required=False
    )

    def __init__(
        self, row: int, clips: list[tuple[str, str]], data: QueryDict | None = None
    ) -> None:
        super().__init__(data, prefix=str(row), auto_id="%s")
        self.fields["clip"] = forms.ChoiceField(label="Clip", choices=clips, required=False)

    def add_prefix(self, field_name: str) -> str:
        """Name the fields as frame-0."""
        return f"{field_name}-{self.prefix}"

    def clean_frame(self) -> int | None:
        frame = str(self.cleaned_data["frame"])
        if not frame:
            return None
        if not frame.isdecimal() or len(frame) > LONGEST_NUMBER:
            raise forms.ValidationError(f"“{frame[:40]}” is no number of a frame.")
        return int(frame)

    def clean(self) -> None:
        """A frame has words, and words have a frame."""
        data = self.cleaned_data
        if self.errors or (data["frame"] is None and not data["text"]):
            return
        if data["frame"] is None:
            self.add_error("frame", "Which frame? Give its number.")
        if not data["text"]:
            self.add_error("text", "Say what is wrong on this frame.")
        if not data["clip"]:
            self.add_error("clip", "Choose the clip that this frame is of.")

    def pin(self) -> Pin | None:
        """Give the pin; None for an empty row. Only when valid."""
        data = self.cleaned_data
        if data["frame"] is None:
            return None
        return Pin(UUID(data["clip"]), data["frame"], data["text"], identity=data["identity"])


class DisputeForm(forms.Form):
    """The reason and its rows. names: what clips are called, by id."""

    reason = forms.CharField(
        label="What is wrong", max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(
        self, release: Release, names: dict[str, str], data: QueryDict | None = None
    ) -> None:
        super().__init__(data, auto_id="%s")
        clips = [(clip, names.get(clip, clip[:8])) for clip in release.clips]
        self.rows = [PinForm(row, clips, data) for row in range(PIN_ROWS)]

    def is_valid(self) -> bool:
        """Look at all rows, so that each says what is wrong with it."""
        return all([super().is_valid(), *[row.is_valid() for row in self.rows]])

    def pins(self) -> list[Pin]:
        return [pin for row in self.rows if (pin := row.pin())]

    def blame(self, error: Invalid) -> None:
        """Show an error of the service at the field that it is about."""
        found = OF_A_PIN.match(error.field or "")
        if found is None:
            self.add_error("reason", error.message)
            return
        filled = [row for row in self.rows if row.pin()]
        filled[int(found[1])].add_error(found[2], error.message)
