"""What a browser complains of: errors, breaches of the content policy, requests to elsewhere."""

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Request

REPORT_BREACHES = """document.addEventListener("securitypolicyviolation", (e) =>
  console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`));"""
#: Addresses that no network is asked for.
WITHIN = ("about", "blob", "data")


def listen(context: BrowserContext, complain: Callable[[str], None]) -> None:
    """Call `complain` for each complaint of all pages of this context.

    The portal under test is where the first page goes; a request to any other origin is one.
    """
    homes: list[str] = []

    def asked(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in WITHIN:
            return
        origin = f"{parts.scheme}://{parts.netloc}"
        if not homes:
            homes.append(origin)
        if origin not in homes:
            complain(f"left the origin: {request.url}")

    context.add_init_script(REPORT_BREACHES)
    context.on(
        "console",
        lambda message: complain(message.text) if message.type == "error" else None,
    )
    context.on("weberror", lambda error: complain(str(error.error)))
    context.on("request", asked)
