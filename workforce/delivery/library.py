"""The footage library: which clips a person asks for, and in which order."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet

from core.web.filters import Period, any_of
from tenants.intake.models import Clip
from tenants.projects.models import Camera, Project, Site

#: What people call the states that a clip goes through: name, and which clips are in it.
STATES: dict[str, tuple[str, Callable[[set[UUID]], Q]]] = {
    "preparing": (
        "Being prepared",
        lambda released: Q(state__in=[Clip.State.RECEIVED, Clip.State.PREPARING]),
    ),
    "work": ("In work", lambda released: Q(state=Clip.State.READY) & ~Q(id__in=released)),
    "released": ("Released", lambda released: Q(state=Clip.State.READY, id__in=released)),
    "refused": ("Refused", lambda released: Q(state=Clip.State.REFUSED)),
    "erased": ("Erased", lambda released: Q(state=Clip.State.ERASED)),
}
ORDERS = {
    "name": ("filename", "id"),
    "-name": ("-filename", "id"),
    "begins": ("starts_at", "id"),
    "-begins": ("-starts_at", "id"),
    "received": ("created_at", "id"),
    "-received": ("-created_at", "id"),
}
NEWEST = "-received"


class Asked(Period):
    """What the page's query asks for."""

    field_order = ("q", "project", "site", "camera", "state", "since", "until")

    q = forms.CharField(label="Name has", required=False, max_length=200)
    project = forms.ChoiceField(required=False)
    site = forms.ChoiceField(required=False)
    camera = forms.ChoiceField(required=False)
    state = forms.ChoiceField(required=False)

    def __init__(self, data: Mapping[str, Any]) -> None:
        """Fill the choices from the open scope."""
        super().__init__(data)
        self.fields["since"].label, self.fields["until"].label = "Recorded from", "Recorded until"
        projects = _named(Project.objects.order_by("name").values_list("id", "name"))
        sites = _named(Site.objects.order_by("name").values_list("id", "name"))
        rows = Camera.objects.order_by("site__name", "name").values_list("id", "site__name", "name")
        cameras = _named((camera, f"{site}, {name}") for camera, site, name in rows)
        states = [(key, name) for key, (name, _) in STATES.items()]
        for name, choices in (
            ("project", projects),
            ("site", sites),
            ("camera", [*cameras, ("none", "Not named")]),
            ("state", states),
        ):
            self.fields[name] = any_of(choices, name.capitalize())


def _named(rows: Iterable[tuple[UUID, str]]) -> list[tuple[str, str]]:
    return [(str(key), name) for key, name in rows]


def clips_asked(form: Asked, order: str, released: set[UUID]) -> QuerySet[Clip]:
    """Give the clips of the open scope that the form asks for; all, where it is not valid."""
    clips = Clip.objects.select_related("camera__site", "project").order_by(*ORDERS[order])
    given = form.given
    if given.get("q"):
        clips = clips.filter(filename__icontains=given["q"])
    if given.get("project"):
        clips = clips.filter(project_id=given["project"])
    if given.get("site"):
        clips = clips.filter(camera__site_id=given["site"])
    if given.get("camera") == "none":
        clips = clips.filter(camera=None)
    elif given.get("camera"):
        clips = clips.filter(camera_id=given["camera"])
    if given.get("state"):
        clips = clips.filter(STATES[given["state"]][1](released))
    return clips.filter(form.within("starts_at"))
