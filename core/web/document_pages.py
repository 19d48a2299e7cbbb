"""/help/: the documents of docs/, for whoever is signed in."""

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from core.embedded.layout import REPOSITORY
from core.errors import NotFound
from core.web.navigation import account_items
from core.web.pages import PortalPage

DOCS: Final = REPOSITORY / "docs"
_LINK: Final = re.compile(r"([a-z-]+)\.md(#.*)?")
_PICTURES: Final = {".png": "image/png", ".svg": "image/svg+xml"}
_REGION: Final = '<div class="scroll-x" tabindex="0" role="region" aria-label="Table">'


def documents() -> dict[str, Path]:
    """Name the documents that can be read, by their address."""
    return {path.stem: path for path in sorted(DOCS.glob("*.md"))}


@cache
def _rendered(path: Path, changed: float) -> tuple[str, SafeString]:
    """Give title and body of a document. `changed` is when it was: another is another entry.

    HTML in the source is shown as text, and only links that markdown-it deems safe are links.
    """
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(path.read_text())
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            # So that a page can lead to a section: "When it stands still" is when-it-stands-still.
            words = re.findall(r"[a-z0-9]+", tokens[place + 1].content.lower())
            token.attrSet("id", "-".join(words))
        if token.type == "table_open":
            token.attrSet("class", "table")
        if token.type == "fence":
            # What follows the language is for the tests that run the documents.
            token.info = ""
        for child in token.children or []:
            if child.type == "link_open" and (m := _LINK.fullmatch(str(child.attrGet("href")))):
                child.attrSet("href", f"/help/read/{m[1]}{m[2] or ''}")
            if child.type == "image":
                child.attrSet("src", f"/help/{child.attrGet('src')}")
    title = next(tokens[n + 1].content for n, t in enumerate(tokens) if t.type == "heading_open")
    html = markdown.renderer.render(tokens, markdown.options, {})
    # Wide tables and code scroll in a region of their own, never the page.
    html = html.replace("<table", f"{_REGION}<table").replace("</table>", "</table></div>")
    html = html.replace("<pre>", '<pre class="raw" tabindex="0">')
    return title, mark_safe(html)  # noqa: S308 - our own documents, rendered without their HTML


def read(path: Path) -> tuple[str, SafeString]:
    """Give title and HTML of a document as it is now."""
    return _rendered(path, path.stat().st_mtime)


class Document(PortalPage):
    """One document; the index without a name."""

    template_name = "help/document.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = documents()
        name = kwargs.get("document", "index")
        if name not in known:
            raise NotFound
        title, body = read(known[name])
        return super().get_context_data(
            title=title,
            body=body,
            name=name,
            others=[(other, read(path)[0]) for other, path in known.items() if other != "index"],
            nav_items=account_items(self.request.path),
            tenant_name="Help",
            **kwargs,
        )


class DocumentPicture(PortalPage):
    """A picture that a document shows."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        folder, name = kwargs["folder"], kwargs["name"]
        shown = {path.name: path for path in (DOCS / folder).iterdir()}
        path = shown.get(name)
        if path is None or path.suffix not in _PICTURES:
            raise NotFound
        return HttpResponse(path.read_bytes(), content_type=_PICTURES[path.suffix])
