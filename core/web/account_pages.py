"""The pages of one's own account: an overview, sessions, API tokens, and removing a passkey."""

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.account.views import EmailView
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from core.access.door import organizations_of, reach_of
from core.accounts.assurance import needs_passkey, passkey_proven
from core.accounts.models import ApiToken, Person, Theme
from core.accounts.saved_views import remove_view, save_view
from core.accounts.sessions import end_sessions, places_of
from core.clock import now
from core.errors import Conflict, CustosError, Invalid, NotFound
from core.tenancy.names import name_of
from core.web import token_acts
from core.web.navigation import account_items
from core.web.pages import PortalPage
from core.web.time_zones import set_time_zone, zones
from core.web.toasts import offer_undo

#: How long a browser remembers the theme, in seconds.
YEAR = 365 * 24 * 3600


class AccountPage(PortalPage):
    """A page of one's own account, in no organization."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"nav_items": account_items(self.request.path), "tenant_name": "Your account"}
        return super().get_context_data(**(context | kwargs))


class Overview(AccountPage):
    """What protects the account, and where to change it."""

    template_name = "account/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held = list(Authenticator.objects.filter(user=self.person))
        by_type = {kind: [a for a in held if a.type == kind] for kind in Authenticator.Type.values}
        codes = by_type[Authenticator.Type.RECOVERY_CODES]
        return super().get_context_data(
            passkeys=len(by_type[Authenticator.Type.WEBAUTHN]),
            totp=bool(by_type[Authenticator.Type.TOTP]),
            codes_left=len(codes[0].wrap().get_unused_codes()) if codes else 0,
            second_step=bool(held),
            must_have_passkey=needs_passkey(self.person),
            sessions=len(places_of(self.person, self.request.session.session_key)),
            tokens=live_tokens(self.person).count(),
            work=organizations_of(self.person),
            zones=[(zone, zone) for zone in zones()],
            themes=Theme.choices,
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Set the time zone."""
        try:
            set_time_zone(person=self.person, zone=request.POST.get("zone", ""))
        except Invalid as error:
            context = self.get_context_data(zone_error=error.message)
            return self.render_to_response(context, status=400)
        messages.success(request, f"Times are shown in {self.person.time_zone} from now on.")
        return redirect("account_overview")


class Appearance(LoginRequiredMixin, View):
    """Keeps how pages look for a person. A cookie says it to pages before a sign-in."""

    def post(self, request: HttpRequest) -> HttpResponse:
        theme = request.POST.get("theme", "")
        if theme not in Theme.values:
            raise Invalid("Choose light, dark or as the system has it.", field="theme")
        assert isinstance(request.user, Person)
        Person.objects.filter(pk=request.user.pk).update(theme=theme)
        back = request.META.get("HTTP_REFERER", "")
        here = url_has_allowed_host_and_scheme(back, {request.get_host()})
        response = redirect(back if here else "account_overview")
        response.set_cookie(
            "theme", theme, max_age=YEAR, samesite="Lax", secure=request.is_secure()
        )
        return response


class SaveView(LoginRequiredMixin, View):
    """Keeps the filters of a page under a name, or forgets them; goes back to the page."""

    def post(self, request: HttpRequest) -> HttpResponse:
        assert isinstance(request.user, Person)
        page, query = request.POST.get("page", ""), request.POST.get("query", "")
        try:
            view = save_view(
                person=request.user, page=page, name=request.POST.get("name", ""), query=query
            )
        except (Conflict, Invalid) as error:
            messages.error(request, error.message)
            here = page.startswith("/") and url_has_allowed_host_and_scheme(page, None)
            return redirect(f"{page}?{query}" if here else "account_overview")
        messages.success(request, f"Saved as {view.name}.")
        return redirect(view.address)


class RemoveView(LoginRequiredMixin, View):
    def post(self, request: HttpRequest, view: UUID) -> HttpResponse:
        assert isinstance(request.user, Person)
        gone = remove_view(person=request.user, view_id=view)
        undo = {"page": gone.page, "name": gone.name, "query": gone.query}
        offer_undo(request, f"{gone.name} is removed.", "/account/views", undo)
        return redirect(gone.page)


class Sessions(AccountPage):
    """Where one is signed in."""

    template_name = "account/sessions.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        key = self.request.session.session_key
        return super().get_context_data(places=places_of(self.person, key), **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        """End one session, or all others."""
        one = request.POST.get("session", "")
        if one and not one.isdecimal():
            raise NotFound
        ended = end_sessions(
            person=self.person,
            actor=self.actor,
            keep=request.session.session_key,
            only=int(one) if one else None,
        )
        messages.success(request, f"{ended} session{'' if ended == 1 else 's'} signed out.")
        return redirect("account_sessions")


def live_tokens(person: Person) -> Any:
    """Give the person's tokens that work now, newest first."""
    rows = ApiToken.objects.filter(user=person, revoked_at__isnull=True, expires_at__gt=now())
    return rows.select_related("organization").order_by("-created_at")


class TokenForm(forms.Form):
    """A new token. Which permissions can be chosen depends on the organization."""

    organization = forms.ChoiceField(label="Organization")
    name = forms.CharField(
        label="What will use it", max_length=80, help_text="Such as: nightly upload."
    )
    days = forms.TypedChoiceField(
        label="Works for",
        coerce=int,
        initial=90,
        choices=[(7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "a year")],
    )
    permissions = forms.MultipleChoiceField(
        label="Only for",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Choose none to allow all that your role holds, also as that changes.",
    )
    sudo = forms.BooleanField(
        label="May do dangerous acts: sign contracts, change members, open the log's names",
        required=False,
    )

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organizations = {m.organization_id: m.organization for m in organizations_of(person)}
        held = frozenset().union(*(reach_of(person, o) for o in organizations.values()))
        self.fields["organization"] = forms.ChoiceField(
            label="Organization", choices=[(o.slug, name_of(o)) for o in organizations.values()]
        )
        self.fields["permissions"].choices = [(p.value, p.value) for p in sorted(held)]  # type: ignore[attr-defined]


class Tokens(AccountPage):
    """API tokens: made here, shown once."""

    template_name = "account/tokens.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", TokenForm(self.person))
        return super().get_context_data(tokens=live_tokens(self.person), **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = TokenForm(self.person, request.POST)
        if form.is_valid():
            body = dict(form.cleaned_data)
            try:
                token, secret = token_acts.issue(
                    user=self.person,
                    slug=body["organization"],
                    name=body["name"],
                    days=body["days"],
                    permissions=body["permissions"] or None,
                    sudo=body["sudo"],
                    second_factor=passkey_proven(request.session, self.person),
                )
                context = self.get_context_data(made=token, secret=secret)
                return self.render_to_response(context, status=201)
            except CustosError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
        return self.render_to_response(self.get_context_data(form=form), status=400)


class RevokeToken(LoginRequiredMixin, View):
    """Ends a token. It takes power away: nobody is asked for another proof."""

    def post(self, request: HttpRequest, token: UUID) -> HttpResponse:
        assert isinstance(request.user, Person)
        token_acts.revoke(user=request.user, token_id=token)
        messages.success(request, "The token is revoked and works no more.")
        return redirect("account_tokens")


class ChangeAddress(EmailView):  # type: ignore[misc]
    """allauth's page, which takes an address that it does not know for unproven and drops it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if isinstance(request.user, Person):
            EmailAddress.objects.get_or_create(
                user=request.user,
                email=request.user.email,
                defaults={"verified": True, "primary": True},
            )
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]
    """allauth's page, which asks nobody whether the passkey may go."""

    def form_valid(self, form: Any) -> HttpResponse:
        if not get_adapter().can_delete_authenticator(self.get_object()):
            messages.error(
                self.request, "Your role needs a passkey and this is your last: add another first."
            )
            return redirect(reverse("mfa_list_webauthn"))
        response: HttpResponse = super().form_valid(form)
        return response
