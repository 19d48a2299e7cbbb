"""The operator's page of keys: how old they are, what lies under which, replacing them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.accounts.second_factors import count_to_move
from core.crypto.kms import root_keys
from core.errors import Conflict, NotFound
from core.storage.rotation import key_states, move_all_to_active_root, rotate_key
from core.tenancy.models import Organization
from core.tenancy.names import call_together, name_of
from core.web.pages import OperatorPage


class Keys(OperatorPage):
    permission = Permission.KEY_MANAGE
    template_name = "organizations/keys.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        active = root_keys().active
        states = key_states()
        call_together(state.organization for state in states)
        former = [state for state in states if state.root_keys - {active}]
        secrets = count_to_move()
        return super().get_context_data(
            root_key=active,
            states=states,
            former=former,
            secrets=secrets,
            to_move=bool(former or secrets),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Rotate one organization's key, or move all keys under the active root key."""
        if request.POST.get("what") == "root":
            moved = move_all_to_active_root(actor=self.actor)
            messages.info(request, f"{moved} keys and secrets now lie under the active root key.")
            return redirect("/operator/keys")
        slug = request.POST.get("organization", "")
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            raise NotFound
        try:
            rotation = rotate_key(actor=self.actor, tenant=organization.id)
        except Conflict as error:
            messages.error(request, error.message)
        else:
            name, version = name_of(organization), rotation.version
            messages.info(request, f"{name} has key {version}; its objects move to it.")
        return redirect("/operator/keys")
