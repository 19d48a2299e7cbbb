"""The forms of one worker: papers, and when and how much they work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.models import Engagement
from core.access.permissions import Permission
from core.clock import now
from core.errors import CustosError, Invalid, NotFound
from core.tenancy.models import Organization
from core.tenancy.names import names_together
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from workforce.people.hours import OtherDay, set_hours
from workforce.people.models import Worker
from workforce.people.papers import begin_of, papers_of
from workforce.people.roster import minutes_in
from workforce.people.services import disqualify, qualify, set_capacity
from workforce.people.week import day_text, next_shift, other_text, read_day, read_others

WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
KINDS = [
    ("clearance", "Clearance"),
    ("certificate", "Certificate"),
    ("language", "Language"),
    ("nda", "NDA signed for a client"),
    ("conflict", "Conflict of interest with a client"),
    ("only_for", "Works for this client only"),
]
ONE_DAY = timedelta(days=1)
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PaperForm(forms.Form):
    """One paper as a person writes it."""

    kind = forms.ChoiceField(label="What", choices=KINDS)
    value = forms.CharField(label="Code, language or client", max_length=120)
    starts = forms.DateField(label="First day", required=False, widget=_DAY)
    ends = forms.DateField(label="Last day", required=False, widget=_DAY)

    def clean_value(self) -> str:
        value: str = self.cleaned_data["value"].strip().lower()
        return value


class WorkerPage(TenantPage):
    """A form page of one worker of the vendor."""

    permission = Permission.PEOPLE_MANAGE
    permissions: ClassVar = {"POST": Permission.PEOPLE_MANAGE}

    def worker(self, worker_id: UUID) -> Worker:
        """Find the worker with all that the forms show. Raises NotFound."""
        with scope(self.tenant.id):
            found: Worker | None = (
                Worker.objects.select_related("user")
                .prefetch_related("qualifications", "shifts", "exceptions")
                .filter(id=worker_id)
                .first()
            )
            if found is None:
                raise NotFound
        return found


class PapersPage(WorkerPage):
    """Clearances, certificates, languages, and what is signed for which client."""

    template_name = "people/papers.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        worker = self.worker(kwargs["worker"])
        with scope(self.tenant.id):
            papers = papers_of(worker)
        engaged = Engagement.objects.filter(vendor=self.tenant).values("client_id")
        clients = names_together(Organization.objects.filter(id__in=engaged))
        kwargs["worker"] = worker
        kwargs.setdefault("form", PaperForm())
        return super().get_context_data(
            papers=papers,
            clients=", ".join(sorted(clients.values())),
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str, worker: UUID) -> HttpResponse:
        """Give a paper or change its days; or take one away."""
        if "remove" in request.POST:
            disqualify(
                actor=self.actor,
                vendor=self.tenant.id,
                worker_id=worker,
                qualification_id=_uuid(request.POST["remove"]),
            )
            messages.info(request, "Taken away. Work that needs it is no longer given to them.")
            return redirect(request.path)
        form = PaperForm(request.POST)
        if form.is_valid() and self._written(form, worker):
            messages.info(request, "Written down. It holds from the next task on.")
            return redirect(request.path)
        context = self.get_context_data(worker=worker, form=form)
        return self.render_to_response(context, status=400)

    def _written(self, form: PaperForm, worker_id: UUID) -> bool:
        given = form.cleaned_data
        zone = self.worker(worker_id).time_zone
        try:
            qualify(
                actor=self.actor,
                vendor=self.tenant.id,
                worker_id=worker_id,
                kind=given["kind"],
                value=given["value"],
                starts_at=begin_of(given["starts"], zone) if given["starts"] else None,
                # The last day belongs to it: it ends when the next one begins.
                expires_at=begin_of(given["ends"] + ONE_DAY, zone) if given["ends"] else None,
            )
        except Invalid as error:
            fields = {"expires_at": "ends", "value": "value", "kind": "kind"}
            form.add_error(fields.get(error.field or ""), error.message)
            return False
        return True


class HoursForm(forms.Form):
    """A week as a person writes it, a line a day, with the days that differ and the capacity."""

    active = forms.BooleanField(
        label="Taken on", required=False, help_text="Without it they rest and get no work."
    )
    time_zone = forms.CharField(
        label="Time zone",
        max_length=64,
        help_text="Such as Europe/Brussels. Shifts are told by its clock, also when that changes.",
    )
    others = forms.CharField(
        label="Days that differ",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A line each: 2026-12-24 off, or 2026-12-24 09:00-12:00.",
    )
    tasks_at_once = forms.IntegerField(label="Tasks at once", min_value=1, max_value=100)
    hours_per_day = forms.CharField(
        label="Hours a day at most",
        required=False,
        help_text="Such as 7.5. Empty: no limit.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, name in enumerate(WEEK):
            self.fields[f"day{number}"] = forms.CharField(label=name, required=False)

    @property
    def days(self) -> list[forms.BoundField]:
        """The seven fields of the week."""
        return [self[f"day{number}"] for number in range(7)]

    def clean(self) -> dict[str, Any]:
        """Read each line; what cannot be read is said at its own field."""
        given = dict(super().clean() or {})
        given["shifts"] = [
            shift
            for number in range(7)
            for shift in self._read(f"day{number}", lambda text, day=number: read_day(day, text))
        ]
        given["other_days"] = self._read("others", read_others)
        hours = given.get("hours_per_day", "").strip()
        given["minutes_per_day"] = self._read("hours_per_day", minutes_in) if hours else 0
        return given

    def _read(self, name: str, read: Any) -> Any:
        try:
            return read(self.cleaned_data.get(name, ""))
        except CustosError as error:
            self.add_error(name, error.message)
            return []


def as_written(worker: Worker) -> dict[str, Any]:
    """Give a worker's hours as the form shows them; days that are over are left out."""
    today = now().date()
    others = [
        OtherDay(row.day, row.start, row.minutes)
        for row in sorted(worker.exceptions.all(), key=lambda row: row.day)
        if row.day >= today
    ]
    week: dict[str, Any] = {
        f"day{day}": day_text(
            (row.start, row.minutes) for row in worker.shifts.all() if row.weekday == day
        )
        for day in range(7)
    }
    minutes = worker.minutes_per_day
    return week | {
        "active": worker.active,
        "time_zone": worker.time_zone,
        "others": other_text(others),
        "tasks_at_once": worker.tasks_at_once,
        "hours_per_day": f"{minutes / 60:g}" if minutes else "",
    }


class HoursPage(WorkerPage):
    """When somebody works, in their own time zone, and how much they take."""

    template_name = "people/hours.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        worker = self.worker(kwargs["worker"])
        kwargs["worker"] = worker
        kwargs.setdefault("form", HoursForm(initial=as_written(worker)))
        return super().get_context_data(following=next_shift(worker, now()), **kwargs)

    def post(self, request: HttpRequest, tenant: str, worker: UUID) -> HttpResponse:
        """Replace the week, the days that differ, and the capacity."""
        form = HoursForm(request.POST)
        if form.is_valid() and self._written(form, worker):
            messages.info(request, "Written down. It holds from the next task on.")
            return redirect(request.path)
        context = self.get_context_data(worker=worker, form=form)
        return self.render_to_response(context, status=400)

    def _written(self, form: HoursForm, worker_id: UUID) -> bool:
        given = form.cleaned_data
        try:
            with transaction.atomic():
                set_capacity(
                    actor=self.actor,
                    vendor=self.tenant.id,
                    worker_id=worker_id,
                    active=given["active"],
                    time_zone=given["time_zone"],
                    tasks_at_once=given["tasks_at_once"],
                    minutes_per_day=given["minutes_per_day"],
                )
                set_hours(
                    actor=self.actor,
                    vendor=self.tenant.id,
                    worker_id=worker_id,
                    shifts=given["shifts"],
                    exceptions=given["other_days"],
                )
        except Invalid as error:
            name = {"exceptions": "others"}.get(error.field or "", error.field)
            form.add_error(name if name in form.fields else None, error.message)
            return False
        return True


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error
