"""The list of notices, the bell's count, how one wants to hear, and the link of each e-mail."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView

from core.errors import Invalid
from core.notices.hearers import places_of, roles_of
from core.notices.kinds import KINDS, WAYS, Kind, kinds_for
from core.notices.mailing import zone_of
from core.notices.reading import inbox, page_of, unread
from core.notices.services import choices_of, choose, digest_hour, mark_read, mark_unread
from core.notices.stopping import read_stop, stop
from core.tenancy.asking import ask_as_person
from core.tenancy.models import Organization
from core.web.account_pages import AccountPage

#: What the list may be narrowed by.
NARROWING = ("show", "kind", "place")


def read_ids(values: list[str]) -> list[UUID]:
    """Read ids of notices. Raises Invalid."""
    try:
        return [UUID(value) for value in values]
    except ValueError as error:
        raise Invalid("This is not the id of a notice.", field="id") from error


class Inbox(AccountPage):
    """What happened that this person should know, newest first."""

    template_name = "notices/inbox.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        ask_as_person(self.person.pk)
        asked = self.request.GET
        places = places_of(self.person)
        kind = asked.get("kind", "") if asked.get("kind", "") in KINDS else ""
        rows = inbox(
            self.person,
            places,
            unread=asked.get("show") == "unread",
            kind=kind,
            place=asked.get("place", ""),
        )
        page, told = page_of(rows, asked.get("page"))
        return super().get_context_data(
            page=page,
            told=told,
            unread=unread(self.person, places),
            only_unread=asked.get("show") == "unread",
            kind=kind,
            place=asked.get("place", ""),
            kinds=kinds_for(roles_of(self.person)),
            places=Organization.objects.filter(id__in=places).order_by("slug"),
            narrowed=any(asked.get(name) for name in NARROWING),
            undo=asked.get("undo", ""),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Mark one or all read, one unread, or take the last marking back."""
        act, ids = request.POST.get("act"), read_ids(request.POST.getlist("id"))
        undo: datetime | None = None
        if act == "read" and ids:
            undo = mark_read(person=self.person, ids=ids, places=places_of(self.person))
        elif act == "all":
            undo = mark_read(person=self.person, ids=None, places=places_of(self.person))
        elif act == "unread" and ids:
            mark_unread(person=self.person, ids=ids)
        elif act == "undo":
            mark_unread(person=self.person, at=_instant(request.POST.get("at", "")))
        else:
            raise Invalid("Choose a notice and what to do with it.", field="act")
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse({"unread": unread(self.person, places_of(self.person))})
        query = {name: request.GET[name] for name in NARROWING if name in request.GET}
        if undo is not None:
            query["undo"] = undo.isoformat()
        return redirect(f"/notices/?{urlencode(query)}" if query else "/notices/")


def _instant(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Invalid("This can't be taken back any more.", field="at")
    return found


class Count(LoginRequiredMixin, View):
    """How many notices are unread, for the bell."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"unread": unread(request.user, places_of(request.user))})


class PreferencesForm(forms.Form):
    """A choice for each kind that the person's roles may hear of, and the hour of the digest."""

    hour = forms.TypedChoiceField(
        label="The daily e-mail comes at",
        coerce=int,
        choices=[(hour, f"{hour:02d}:00") for hour in range(24)],
    )

    def __init__(self, kinds: list[Kind], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = kinds
        for kind in kinds:
            self.fields[kind.name] = forms.TypedChoiceField(
                label=kind.title,
                coerce=int,
                choices=[(way.value, WAYS[way]) for way in kind.ways],
                help_text="This can't be turned off." if kind.must else "",
            )

    @property
    def choices(self) -> list[tuple[Kind, forms.BoundField]]:
        """Give each kind with its field."""
        return [(kind, self[kind.name]) for kind in self.kinds]


class Preferences(AccountPage):
    """What one hears of, and how."""

    template_name = "notices/preferences.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = kinds_for(roles_of(self.person))
        kwargs.setdefault("form", PreferencesForm(kinds, initial=self._chosen()))
        return super().get_context_data(zone=zone_of(self.person), **kwargs)

    def _chosen(self) -> dict[str, int]:
        ways = {name: way.value for name, way in choices_of(self.person).items()}
        return {**ways, "hour": digest_hour(self.person)}

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PreferencesForm(kinds_for(roles_of(self.person)), request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=400)
        ways = {kind.name: form.cleaned_data[kind.name] for kind in form.kinds}
        choose(actor=self.actor, person=self.person, ways=ways, hour=form.cleaned_data["hour"])
        messages.success(request, "Kept. It counts from the next notice on.")
        return redirect("account_notices")


@method_decorator(csrf_exempt, name="dispatch")
class StopMail(TemplateView):
    """Where an e-mail's own link leads: nobody is asked to sign in, only the signed link counts.

    Reading the page changes nothing, since scanners of e-mail read every link. Mail programs send
    the form by themselves (RFC 8058), from elsewhere and without our token.
    """

    template_name = "notices/stop.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = read_stop(kwargs["link"])
        return super().get_context_data(kind=found.kind, done=kwargs.pop("done", False), **kwargs)

    def post(self, request: HttpRequest, link: str) -> HttpResponse:
        stop(read_stop(link))
        return self.render_to_response(self.get_context_data(link=link, done=True))
