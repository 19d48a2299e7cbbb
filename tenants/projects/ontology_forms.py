"""The ontology as a form: a block of fields for each label and each event."""

from typing import Any

from django import forms

from core.errors import Invalid
from tenants.projects.attribute_lines import key_of, parse_attributes, write_attributes
from tenants.projects.models import Zone
from tenants.projects.ontology import check_ontology

SHAPES = [("box", "Box"), ("polygon", "Polygon")]
COLOURS = [("", "Any")] + [(f"k{n}", f"Colour {n}") for n in range(1, 9)]
ATTRIBUTES = "Attributes, one a line"


class EntryForm(forms.Form):
    """What a label and an event have in common. `gone` leaves it out of the next version."""

    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=63)
    name = forms.CharField(label="Name", max_length=80)
    attributes = forms.CharField(
        label=ATTRIBUTES,
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    gone = forms.BooleanField(label="Leave out of the next version", required=False)

    def clean_attributes(self) -> list[dict[str, Any]]:
        """Give the attributes that the lines tell of."""
        attributes, wrong = parse_attributes(self.cleaned_data["attributes"])
        if wrong:
            raise forms.ValidationError(wrong)
        return attributes

    def clean(self) -> dict[str, Any]:
        """Give a new entry a key of its name."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("key") and "name" in cleaned:
            cleaned["key"] = key_of(cleaned["name"])
            if not cleaned["key"]:
                self.add_error("name", "The name needs a letter of the Latin alphabet.")
        return cleaned

    def entry(self) -> dict[str, Any]:
        """Give the part of the document that this form stands for."""
        cleaned = self.cleaned_data
        document = {"key": cleaned["key"], "name": cleaned["name"]}
        return document | ({"attributes": cleaned["attributes"]} if cleaned["attributes"] else {})


class LabelForm(EntryForm):
    kinds = forms.MultipleChoiceField(
        label="Drawn as", choices=SHAPES, widget=forms.CheckboxSelectMultiple
    )
    color = forms.ChoiceField(label="Colour", choices=COLOURS, required=False)

    def entry(self) -> dict[str, Any]:
        """Give the label."""
        color = self.cleaned_data["color"]
        return (
            super().entry()
            | {"kinds": self.cleaned_data["kinds"]}
            | ({"color": color} if color else {})
        )


class EventForm(EntryForm):
    participants = forms.CharField(
        label="Who takes part", required=False, max_length=1000, help_text="Labels, by their names."
    )
    zones = forms.MultipleChoiceField(
        label="Only in zones of kind",
        choices=[(kind.value, kind.label) for kind in Zone.Kind],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def entry(self) -> dict[str, Any]:
        """Give the event; its participants are still names."""
        named = [part.strip() for part in self.cleaned_data["participants"].split(",")]
        return super().entry() | {
            "participants": [name for name in named if name],
            "zones": self.cleaned_data["zones"],
        }


class OntologyForm:
    """Both sets of forms of one document. `data`: what was posted, or None for the stored one."""

    def __init__(
        self, document: dict[str, Any], data: Any = None, *, more_labels: int = 0,
        more_events: int = 0,
    ) -> None:  # fmt: skip
        self.names = {label["key"]: label["name"] for label in document["labels"]}
        self.labels = _formset(LabelForm, more_labels)(
            data, prefix="label", initial=[_initial(label) for label in document["labels"]]
        )
        self.events = _formset(EventForm, more_events)(
            data,
            prefix="event",
            initial=[
                _initial(e)
                | {"participants": ", ".join(self.names[key] for key in e.get("participants", []))}
                for e in document.get("events", [])
            ],
        )

    def document(self) -> dict[str, Any] | None:
        """Give the document that the forms tell of, or None when a field needs a change.

        Raises Invalid for what no single field is to blame for.
        """
        if not (self.labels.is_valid() and self.events.is_valid()):
            return None
        labels, events = _kept(self.labels), _kept(self.events)
        by_name = self._by_name(labels)
        for event in events:
            event["participants"] = [
                _label(by_name, event["name"], name) for name in event["participants"]
            ]
        document = {"labels": labels, "events": events}
        check_ontology(document)
        return document

    def _by_name(self, labels: list[dict[str, Any]]) -> dict[str, str]:
        """Give keys by names in lower case. A renamed label answers to its old name too."""
        kept = {label["key"] for label in labels}
        by_name = {name.lower(): key for key, name in self.names.items() if key in kept}
        return by_name | {label["name"].lower(): label["key"] for label in labels}

    def sketch(self) -> tuple[dict[str, Any], list[str]]:
        """Give what can be read of the forms now, and a sentence for each part that can't be yet.

        Nothing is required: who is still writing sees what there is. The document is shown, and
        never kept.
        """
        unread: list[str] = []
        labels = [_drawn(form, unread) for form in self.labels if _stands(form)]
        by_name = self._by_name(labels)
        events = [_happens(form, by_name, unread) for form in self.events if _stands(form)]
        return {"labels": labels, "events": events}, unread[:MOST_UNREAD]


#: Sentences on what of a form can't be read yet.
MOST_UNREAD = 6


def _value(form: forms.Form, name: str) -> Any:
    """Give what stands in a field now, whether it was posted or not; "" for nothing."""
    return form[name].value() or ""


def _stands(form: forms.Form) -> bool:
    return bool(str(_value(form, "name")).strip()) and not _value(form, "gone")


def _begun(form: forms.Form, unread: list[str]) -> dict[str, Any]:
    name = str(_value(form, "name")).strip()[:80]
    attributes, wrong = parse_attributes(str(_value(form, "attributes"))[:20_000])
    unread += [f"{name}: {sentence}" for sentence in wrong]
    key = str(_value(form, "key")) or key_of(name) or name
    return {"key": key, "name": name, "attributes": attributes}


def _drawn(form: forms.Form, unread: list[str]) -> dict[str, Any]:
    label = _begun(form, unread)
    known = [kind for kind, _ in SHAPES if kind in _value(form, "kinds")]
    if not known:
        unread.append(f"{label['name']}: choose what it is drawn as.")
    color = _value(form, "color")
    return label | {"kinds": known, "color": color if color in dict(COLOURS) else ""}


def _happens(form: forms.Form, by_name: dict[str, str], unread: list[str]) -> dict[str, Any]:
    event = _begun(form, unread)
    named = [part.strip() for part in str(_value(form, "participants")).split(",")]
    unread += [
        f"{event['name']}: no label is called {name}."
        for name in named
        if name and name.lower() not in by_name
    ]
    zones = [kind.value for kind in Zone.Kind if kind.value in _value(form, "zones")]
    participants = [by_name[name.lower()] for name in named if name.lower() in by_name]
    return event | {"participants": participants, "zones": zones}


def _label(by_name: dict[str, str], event: str, name: str) -> str:
    key = by_name.get(name.lower())
    if key is None:
        raise Invalid(f"{event}: no label is called {name}.", field="participants")
    return key


def _formset(form: type[EntryForm], more: int) -> Any:
    # 200: more labels than anybody knows by heart, few enough to refuse a flood of fields.
    return forms.formset_factory(form, extra=more, max_num=200, absolute_max=200)


def _kept(formset: Any) -> list[dict[str, Any]]:
    return [
        form.entry()
        for form in formset
        if form.cleaned_data and not form.cleaned_data.get("gone") and form.cleaned_data.get("name")
    ]


def _initial(entry: dict[str, Any]) -> dict[str, Any]:
    return entry | {"attributes": write_attributes(entry.get("attributes", [])) or ""}


def fits_a_form(document: dict[str, Any]) -> bool:
    """Say whether each attribute can be written as a line; else the document is edited as JSON."""
    entries = [*document["labels"], *document.get("events", [])]
    return all(write_attributes(entry.get("attributes", [])) is not None for entry in entries)
