"""Passkeys in a real browser with a virtual authenticator, and the account's pages as they look."""

import os
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client
from playwright.sync_api import expect

from tests.api.intake.conftest import cast_here, server, store_folder  # noqa: F401 - fixtures
from tests.browser.authenticator import with_authenticator
from tests.browser.test_portal import accessible, enter
from tests.cast import PASSWORD, sign_in

pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
#: Where to leave pictures for somebody who wants to look at them.
PICTURES = os.environ.get("CUSTOS_PICTURES")


@pytest.fixture
def portal(server):  # noqa: F811
    """By its name: a passkey cannot be bound to 127.0.0.1."""
    return server.replace("127.0.0.1", "localhost")


def test_an_operator_registers_a_passkey_and_signs_in_with_it_alone(page, portal, cast_here):  # noqa: F811
    olga = cast_here.olga
    Authenticator.objects.filter(user=olga).delete()
    olga.set_password(PASSWORD)
    olga.save()
    with_authenticator(page)

    page.goto(f"{portal}/accounts/login/")
    page.get_by_label("Email").fill(olga.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(f"{portal}/operator/")
    expect(page).to_have_url(f"{portal}/operator/")

    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{portal}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{portal}/operator/")


def test_what_goes_wrong_with_a_passkey_is_said(page, portal, cast_here):  # noqa: F811
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    page.goto(f"{portal.replace('localhost', '127.0.0.1')}/accounts/login/")
    expect(page.locator("[data-passkey-trouble]")).to_contain_text(f"{portal}/accounts/login/")


PAGES = {
    "overview": "/account/",
    "passkeys": "/accounts/2fa/webauthn/",
    "add": "/accounts/2fa/webauthn/add/",
    "second": "/accounts/2fa/",
    "codes": "/accounts/2fa/recovery-codes/",
    "new-codes": "/accounts/2fa/recovery-codes/generate/",
    "app": "/accounts/2fa/totp/activate/",
    "sessions": "/account/sessions",
    "tokens": "/account/tokens",
    "password": "/accounts/password/change/",
    "address": "/accounts/email/",
    "proof": "/accounts/2fa/webauthn/reauthenticate/",
    "proof-password": "/accounts/reauthenticate/",
    "proof-digits": "/accounts/2fa/reauthenticate/",
}


@pytest.mark.parametrize("width", [1440, 390])
def test_each_page_of_the_account_is_accessible_and_fits(open_page, portal, cast_here, width):  # noqa: F811
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    from core.accounts.tokens import issue_token

    olga = cast_here.olga
    olga.set_password(PASSWORD)
    olga.save()
    RecoveryCodes.activate(olga)
    scope = ["organization.read", "rate.manage"]
    for name, permissions in (("Nightly statements", scope), ("Laptop", None)):
        issue_token(
            user=olga, organization=cast_here.provider, name=name, permissions=permissions,
            sudo=permissions is None, second_factor=True,
        )  # fmt: skip
    for agent, network in ((PHONE, "192.168.1.24"), (LAPTOP, "198.51.100.7")):
        client = Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=network)
        sign_in(client, olga)
        UserSession.objects.filter(session_key=client.session.session_key).update(
            user_agent=agent, ip=network
        )
    page = open_page(width, 900)
    enter(page, portal, olga)
    key = Authenticator.objects.get(user=olga, type="webauthn").pk
    pages = PAGES | {
        "rename": f"/accounts/2fa/webauthn/keys/{key}/edit/",
        "remove": f"/accounts/2fa/webauthn/keys/{key}/remove/",
    }
    for name, path in pages.items():
        page.goto(portal + path)
        expect(page.locator("h1")).to_be_visible()
        assert page.url.startswith(portal + path), f"{name} led to {page.url}"
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        accessible(page)
