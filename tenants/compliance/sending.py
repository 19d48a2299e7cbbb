"""Requests to an address that a client named, which must not reach into our own network.

The name is resolved once, every address that it gives must be a public one, and the connection goes
to the address that was checked: a name that resolves to something else a moment later changes
nothing. Redirects are not followed, proxies of the environment are not used, and no more of the
answer is read than its status.
"""

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from core.errors import Invalid, Unavailable

#: Seconds for an answer, and for a connection.
PATIENCE: Final = (10, 5)
#: Global unicast without the transition ranges that carry an IPv4 address inside.
_PUBLIC_IPV6: Final = ipaddress.ip_network("2000::/3")
_TRANSITION: Final = [ipaddress.ip_network("2002::/16"), ipaddress.ip_network("2001::/32")]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address: where to connect, and the name to speak to."""

    parts: SplitResult
    host: str
    port: int
    address: str


def checked_url(url: str) -> SplitResult:
    """Read a webhook's address. Raises Invalid (field "url") for one that we do not send to."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Invalid("This is not an address.", field="url") from error
    schemes = {"https", "http"} if settings.WEBHOOK_LOOPBACK else {"https"}
    if parts.scheme not in schemes or not parts.hostname:
        raise Invalid("A webhook's address begins with https:// and names a host.", field="url")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Invalid("A webhook's address holds no password and no fragment.", field="url")
    if port is not None and port != 443 and port < 1024:
        raise Invalid("A webhook's port is 443, or 1024 and above.", field="url")
    return parts


def resolve(url: str) -> Target:
    """Resolve a webhook's name, once. Raises Invalid, also for an address that is not public."""
    parts = checked_url(url)
    host = str(parts.hostname)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable(f"The name {host} does not resolve.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    # All of them: a name with one private address among public ones is an attack or a mistake.
    if not addresses or not all(_allowed(address) for address in addresses):
        raise Invalid(f"{host} is not a public address: webhooks do not go there.", field="url")
    return Target(parts, host, port, addresses[0])


def _allowed(text: str) -> bool:
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback:
        return bool(settings.WEBHOOK_LOOPBACK)
    if isinstance(address, ipaddress.IPv6Address):
        inside = address in _PUBLIC_IPV6 and not any(address in net for net in _TRANSITION)
        return inside and address.is_global
    return address.is_global and not address.is_multicast


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a body; give the status. Raises Invalid for the address, Unavailable for the rest."""
    import httpx  # noqa: PLC0415 - a web process, which registers the jobs, sends nothing

    target = resolve(url)
    at = f"[{target.address}]" if ":" in target.address else target.address
    name = f"[{target.host}]" if ":" in target.host else target.host
    pinned = target.parts._replace(netloc=f"{at}:{target.port}").geturl()
    own = {**headers, "Host": f"{name}:{target.port}" if target.parts.port else name}
    patience = httpx.Timeout(PATIENCE[0], connect=PATIENCE[1])
    try:
        with (
            httpx.Client(timeout=patience, trust_env=False, follow_redirects=False) as client,
            # The certificate is checked against the name, while the connection goes to the address.
            client.stream(
                "POST", pinned, content=body, headers=own,
                extensions={"sni_hostname": target.host},
            ) as answer,
        ):  # fmt: skip
            return answer.status_code
    except httpx.HTTPError as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from error
