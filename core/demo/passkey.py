"""A passkey in software: what an authenticator answers in WebAuthn's two ceremonies.

W3C Web Authentication Level 3, sections 7.1 and 7.2: Ed25519 (COSE -8), attestation "none", user
present and verified. For the demo's people, who have no fingers; nothing of the portal trusts it
more than any other authenticator.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from fido2 import cbor
from fido2.cose import EdDSA
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestedCredentialData, AuthenticatorData

from core.crypto.signing import Signer

_PRESENT = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV
_NO_MODEL = bytes(16)


class SoftPasskey:
    """One discoverable credential, bound to the relying party that it was made for."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._signer = Signer.generate()
        self._id = os.urandom(32)
        self._user = b""
        self._uses = 0

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer creation options (JSON form) with a new credential."""
        asked = options["publicKey"]
        self._user = websafe_decode(asked["user"]["id"])
        key = EdDSA({1: 1, 3: -8, -1: 6, -2: self._signer.public_key})
        attested = AttestedCredentialData.create(_NO_MODEL, self._id, key)
        attestation = {
            "fmt": "none",
            "attStmt": {},
            "authData": bytes(self._authenticator_data(asked["rp"]["id"], attested)),
        }
        response = {
            "clientDataJSON": self._client_data("webauthn.create", asked["challenge"]),
            "attestationObject": cbor.encode(attestation),
        }
        return self._answer(response) | {"clientExtensionResults": {"credProps": {"rk": True}}}

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer request options (JSON form) with an assertion."""
        asked = options["publicKey"]
        client_data = self._client_data("webauthn.get", asked["challenge"])
        data = bytes(self._authenticator_data(asked["rpId"]))
        signed = data + hashlib.sha256(client_data).digest()
        return self._answer(
            {
                "clientDataJSON": client_data,
                "authenticatorData": data,
                "signature": self._signer.sign(signed),
                "userHandle": self._user,
            }
        )

    def _authenticator_data(
        self, relying_party: str, attested: AttestedCredentialData | None = None
    ) -> AuthenticatorData:
        self._uses += 1
        flags = _PRESENT | AuthenticatorData.FLAG.AT if attested else _PRESENT
        digest = hashlib.sha256(relying_party.encode()).digest()
        data: AuthenticatorData = AuthenticatorData.create(
            digest, flags, self._uses, attested or b""
        )
        return data

    def _client_data(self, kind: str, challenge: str) -> bytes:
        client = {"type": kind, "challenge": challenge, "origin": self._origin}
        return json.dumps({**client, "crossOrigin": False}).encode()

    def _answer(self, response: dict[str, bytes]) -> dict[str, Any]:
        encoded = {name: websafe_encode(value) for name, value in response.items()}
        name = websafe_encode(self._id)
        return {"id": name, "rawId": name, "type": "public-key", "response": encoded}
