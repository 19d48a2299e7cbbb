"""Signing in by the portal's pages, as a browser does: for passkeys and for what the pages show."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import urlsplit

import httpx

from core.demo.cast import SignIn
from core.demo.errors import DemoStopped
from core.demo.passkey import SoftPasskey

_DATA = re.compile(r'<script id="js_data" type="application/json">(.*?)</script>', re.DOTALL)
_REGISTER = "/accounts/2fa/webauthn/add/"
_CONFIRM = "/accounts/2fa/webauthn/reauthenticate/"


class PortalSession:
    """One person's session at the portal: password, a passkey where the role needs one, a token."""

    def __init__(self, base_url: str) -> None:
        # Passkeys are bound to a name and the portal's is localhost here, whatever address serves.
        self._passkey = SoftPasskey(f"http://localhost:{urlsplit(base_url).port}")
        self._http = httpx.Client(base_url=base_url, timeout=60, follow_redirects=True)

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def sign_in(self, person: SignIn) -> None:
        """Enter by password; who needs a passkey registers and shows one. Raises DemoStopped."""
        self._http.get("/accounts/login/")
        self._send("/accounts/login/", login=person.email, password=person.password)
        if not person.needs_passkey:
            return
        created = self._passkey.create(self._options(_REGISTER, "creation_options"))
        form = {"name": "Demo", "passwordless": "on", "credential": json.dumps(created)}
        self._send(_REGISTER, **form)
        shown = self._passkey.get(self._options(_CONFIRM, "request_options"))
        self._send(_CONFIRM, credential=json.dumps(shown))

    def token(self, organization: str) -> str:
        """Make an API token for dangerous acts too; gives its secret."""
        answer = self._http.post(
            "/api/v1/me/tokens",
            json={"organization": organization, "name": "custos demo", "sudo": True},
            headers={"X-CSRFToken": self._http.cookies["csrftoken"]},
        )
        if answer.status_code != httpx.codes.CREATED:
            raise DemoStopped(f"No token: {answer.status_code} {answer.text[:300]}")
        secret: str = answer.json()["secret"]
        return secret

    def opens(self, path: str) -> bool:
        """Say whether a page is there for this person, and leads nowhere else."""
        answer = self._http.get(path)
        return answer.status_code == httpx.codes.OK and answer.url.path == path

    def _options(self, page: str, name: str) -> dict[str, Any]:
        """What the page hands to the browser's authenticator."""
        answer = self._http.get(page)
        found = _DATA.search(answer.text)
        if found is None:
            raise DemoStopped(f"{page} led to {answer.url.path} and asks for no passkey.")
        options: dict[str, Any] = json.loads(html.unescape(found[1]))[name]
        return options

    def _send(self, page: str, **form: str) -> None:
        form["csrfmiddlewaretoken"] = self._http.cookies["csrftoken"]
        answer = self._http.post(page, data=form)
        if not answer.is_success or answer.url.path == page:
            raise DemoStopped(f"{page} did not take the form: {answer.status_code}.")
