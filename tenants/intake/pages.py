"""The page that erases a clip: what goes, what stays, and a decision that can't be taken back."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.intake.clips import get_clip
from tenants.intake.erasure import KEPT, REASONS, erase_clip, would_erase
from tenants.intake.models import Clip
from tenants.intake.shared_packages import shared_packages

#: What a person calls the kinds of objects, one and many.
NAMES = {
    "source": ("the footage as it was uploaded", "the footage as it was uploaded"),
    "mezzanine": ("the copy for watching", "copies for watching"),
    "frame_index": ("the index of its frames", "indexes of its frames"),
    "thumbnails": ("its thumbnails", "its thumbnails"),
    "masks": ("the places that were redacted", "sets of places that were redacted"),
    "redacted": ("the redacted copy", "redacted copies"),
    "release": ("a release package that holds it", "release packages that hold it"),
}


class EraseForm(forms.Form):
    reason = forms.ChoiceField(label="Why", choices=list(REASONS.items()))
    sure = forms.BooleanField(
        label="I understand that this cannot be undone, by us either",
        error_messages={"required": "Tick the box to erase the clip."},
    )


def in_words(counts: dict[str, int]) -> list[str]:
    """Say what goes."""
    words = []
    for kind, count in counts.items():
        one, many = NAMES.get(kind, (kind, kind))
        words.append(one if count == 1 else f"{count} {many}")
    return words


class EraseClip(TenantPage):
    permission = Permission.CLIP_ERASE
    permissions: ClassVar = {"POST": Permission.CLIP_ERASE}
    template_name = "intake/erase.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            clip = get_clip(kwargs["clip"])
            goes = in_words(would_erase(clip))
            shared = [] if clip.state == Clip.State.ERASED else shared_packages(clip)
        kwargs["clip"] = clip
        kwargs.setdefault("form", EraseForm())
        return super().get_context_data(
            goes=goes, shared=shared, kept=KEPT, erased=clip.state == Clip.State.ERASED, **kwargs
        )

    def post(self, request: HttpRequest, tenant: str, clip: UUID) -> HttpResponse:
        form = EraseForm(request.POST)
        if not form.is_valid():
            context = self.get_context_data(clip=clip, form=form)
            return self.render_to_response(context, status=400)
        erase_clip(
            actor=self.actor,
            tenant=self.tenant.id,
            clip_id=clip,
            reason=form.cleaned_data["reason"],
        )
        messages.info(request, "The clip is erased. Its certificate is below.")
        return redirect(f"/t/{self.tenant.slug}/clips/{clip}")
