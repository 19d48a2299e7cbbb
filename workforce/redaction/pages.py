"""The administrator's page of a project's redaction: its policy, and the clips that it holds."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.errors import Conflict, Invalid, NotFound
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.intake.models import Clip
from tenants.projects.services import get_project
from workforce.redaction.checking import newest_copies
from workforce.redaction.gate import LONGEST_REASON, held_by, judged_all, override_gate
from workforce.redaction.models import RedactionPolicy, RedactionRun
from workforce.redaction.policies import PADDING, InForce, Policy, policy_in_force, set_policy
from workforce.redaction.services import start_redaction

#: Clips that the page lists; the API answers for each clip.
MOST_HELD = 50
#: Copies that one press of the button begins.
MOST_STARTED = 200
SHARES = ("padding", "most_exposed_share")  # in the form as per cent


class PolicyForm(forms.Form):
    """A policy as a person writes it: shares in per cent, overlays a line each."""

    faces = forms.BooleanField(label="Faces", required=False)
    plates = forms.BooleanField(label="Number plates", required=False)
    heads = forms.BooleanField(
        label="Heads of people too small for a face",
        required=False,
        help_text="The top of each person who is detected is hidden.",
    )
    mode = forms.ChoiceField(
        label="How thoroughly to look",
        choices=[("quality", "Thoroughly"), ("fast", "Fast: in smaller pictures")],
    )
    cover = forms.ChoiceField(
        label="How it is covered",
        choices=[
            ("blur", "Blurred to a patch of colour"),
            ("pixelate", "In 3 by 3 cells"),
            ("solid", "Solid grey"),
        ],
    )
    padding = forms.FloatField(
        label="Padding, per cent of each side",
        min_value=100 * PADDING[0],
        max_value=100 * PADDING[1],
        help_text="35 makes a face of 100 px a mask of 135 px.",
    )
    least_score = forms.FloatField(
        label="Least confidence, 0 to 1",
        min_value=0,
        max_value=1,
        help_text="Hits below are not believed. 0 hides most.",
    )
    audio = forms.ChoiceField(
        label="Sound", choices=[("keep", "Kept"), ("mute", "Silence as long"), ("drop", "Removed")]
    )
    overlays = forms.CharField(
        label="The camera's own writing",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A box a line: x1 y1 x2 y2 in pixels. Text there is not taken for a plate.",
    )
    keep_tags = forms.MultipleChoiceField(
        label="What the copy says of its recording",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("time", "When"), ("place", "Where (GPS)"), ("device", "By which device")],
    )
    check_required = forms.BooleanField(
        label="Release only what a person has checked",
        required=False,
        help_text="Whoever checks looks at the suspicious frames and signs for them.",
    )
    checkers = forms.ChoiceField(
        label="Who corrects and checks masks",
        choices=[
            ("admins", "Your administrators"),
            ("reviewers", "Reviewers of the vendors that you have engaged"),
            ("both", "Both"),
        ],
    )
    check_clearance = forms.CharField(
        label="Clearance that a vendor's reviewer needs",
        required=False,
        max_length=63,
        help_text="Its code, such as port-area. Empty: none.",
    )
    most_exposed_share = forms.FloatField(
        label="Most that may be exposed, per cent of what was seen",
        required=False,
        min_value=0,
        max_value=100,
        help_text="A release above this is refused. Empty: no limit.",
    )
    most_exposed_seconds = forms.FloatField(
        label="Longest that anything may be exposed, seconds",
        required=False,
        min_value=0,
        max_value=3600,
        help_text="A release above this is refused. Empty: no limit.",
    )

    def clean_overlays(self) -> tuple[tuple[float, ...], ...]:
        lines = [line for line in self.cleaned_data["overlays"].splitlines() if line.strip()]
        try:
            return tuple(tuple(map(float, line.replace(",", " ").split())) for line in lines)
        except ValueError as error:
            message = "Write four numbers a line: x1 y1 x2 y2."
            raise forms.ValidationError(message) from error

    def policy(self) -> Policy:
        """The policy that was written; its checks are the room's."""
        values = dict(self.cleaned_data)
        for name in SHARES:
            values[name] = None if values[name] is None else values[name] / 100
        values["keep_tags"] = tuple(values["keep_tags"])
        return Policy(**values)


def written(policy: Policy) -> dict[str, Any]:
    """A policy as the form shows it."""
    values = policy.as_json()
    for name in SHARES:
        values[name] = None if values[name] is None else round(100 * values[name], 4)
    values["overlays"] = "\n".join(" ".join(f"{v:g}" for v in box) for box in policy.overlays)
    return values


def held_clips(project_id: UUID, policy: Policy) -> list[dict[str, Any]]:
    """Clips whose newest measured copy has more exposed than is allowed, in the open scope."""
    newest = newest_copies().filter(clip__project_id=project_id)
    runs = list(held_by(policy, newest).order_by("clip_id")[:MOST_HELD])
    judged = zip(runs, judged_all(runs), strict=True)
    return [{"clip": run.clip, **told} for run, told in judged if told["exceeded"]]


def bare_clips(project_id: UUID) -> list[Clip]:
    """Ready clips of a project that have no copy and none under way, oldest first."""
    runs = RedactionRun.objects.filter(clip_id=OuterRef("id"))
    rows = Clip.objects.filter(project_id=project_id, state=Clip.State.READY)
    bare = rows.exclude(Exists(runs.exclude(state=RedactionRun.State.FAILED)))
    return list(bare.order_by("created_at", "id")[:MOST_STARTED])


class RedactionPage(TenantPage):
    """What is hidden in a project, what may be left, and what that holds back."""

    permission = Permission.REDACTION_MANAGE
    permissions: ClassVar = {"POST": Permission.REDACTION_MANAGE}
    template_name = "redaction/policy.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            project = get_project(kwargs["project"])
            valid: InForce = policy_in_force(project.id)
            held = held_clips(project.id, valid.policy)
            bare = bare_clips(project.id)
            versions = list(
                RedactionPolicy.objects.filter(project_id=project.id).order_by("-number")[:10]
            )
        kwargs["project"] = project
        kwargs.setdefault("form", PolicyForm(initial=written(valid.policy)))
        return super().get_context_data(
            number=valid.number,
            held=held,
            bare=bare,
            versions=versions,
            longest=LONGEST_REASON,
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str, project: UUID) -> HttpResponse:
        """Set the policy, let one clip pass the gate, or begin to make copies (act=start)."""
        if "clip" in request.POST:
            return self._allow(request, project)
        if request.POST.get("act") == "start":
            return self._start(request, project)
        form = PolicyForm(request.POST)
        if form.is_valid():
            try:
                valid = set_policy(
                    actor=self.actor,
                    tenant=self.tenant.id,
                    project_id=project,
                    policy=form.policy(),
                )
            except Invalid as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
            else:
                messages.info(request, f"Version {valid.number} is in force for new runs.")
                return redirect(request.path)
        return self.render_to_response(
            self.get_context_data(project=project, form=form), status=400
        )

    def _start(self, request: HttpRequest, project: UUID) -> HttpResponse:
        with scope(self.tenant.id):
            clips = [clip.id for clip in bare_clips(get_project(project).id)]
        begun = 0
        for clip in clips:
            with suppress(Conflict):  # somebody began it at the same moment
                start_redaction(actor=self.actor, tenant=self.tenant.id, clip_id=clip)
                begun += 1
        copies = "One copy is" if begun == 1 else f"{begun} copies are"
        messages.info(request, f"{copies} being made; that takes longer than the clips run.")
        return redirect(request.path)

    def _allow(self, request: HttpRequest, project: UUID) -> HttpResponse:
        try:
            clip = UUID(request.POST["clip"])
        except ValueError as error:
            raise NotFound from error
        try:
            override_gate(
                actor=self.actor,
                tenant=self.tenant.id,
                clip_id=clip,
                reason=request.POST.get("reason", ""),
            )
        except (Conflict, Invalid) as error:
            context = self.get_context_data(project=project, refused=error.message, at=clip)
            return self.render_to_response(context, status=error.status)
        messages.info(request, "The clip may be released. Your reason is in the log.")
        return redirect(request.path)
