"""The listener hears of what would else pass unseen."""

import pytest

from core.web.middleware import POLICY
from tests.browser.listener import listen

PORTAL = "http://portal.test"


@pytest.mark.parametrize(
    ("body", "heard"),
    [
        ("<p style='color: red'>Red</p>", "policy: style-src-attr inline"),
        ("<script>1</script>", "policy: script-src-elem inline"),
        ("<script src='/throws.js'></script>", "nothingOfTheName"),
        ("<img src='/picture.png' alt='' /><a href='http://elsewhere.test/'>A link</a>", None),
        ("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' alt='' />", None),
    ],
    ids=["inline style", "inline script", "an error", "nothing", "a data address"],
)
def test_of_a_page(browser, body, heard):
    complaints = visit(browser, body, {"Content-Security-Policy": POLICY})
    assert any(heard in line for line in complaints) if heard else complaints == []


def test_of_a_request_to_elsewhere_that_the_policy_lets_through(browser):
    complaints = visit(browser, "<img src='http://elsewhere.test/picture.png' alt='' />", {})
    assert complaints == ["left the origin: http://elsewhere.test/picture.png"]


def visit(browser, body: str, headers: dict[str, str]) -> list[str]:
    """Give what is heard of one page, which no network is asked for."""
    complaints: list[str] = []
    context = browser.new_context()
    listen(context, complaints.append)
    page = context.new_page()
    page.route("**/*.png", lambda route: route.fulfill(content_type="image/png", body=b""))
    page.route("**/*.ico", lambda route: route.fulfill(content_type="image/png", body=b""))
    page.route("**/throws.js", lambda route: route.fulfill(
        content_type="text/javascript", body="nothingOfTheName()"))  # fmt: skip
    shown = {"content_type": "text/html", "body": f"<!doctype html><body>{body}</body>"}
    page.route(PORTAL, lambda route: route.fulfill(headers=headers, **shown))
    page.goto(PORTAL)
    page.evaluate("document.title")
    context.close()
    return complaints
