"""A virtual authenticator: passkeys in a browser that nobody sits at."""

from playwright.sync_api import Page


def with_authenticator(page: Page) -> None:
    """Give the browser a platform authenticator that finds its person willing."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
