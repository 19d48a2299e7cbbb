"""/design/: each part of the design system once, for whoever builds a page. Invented data only."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from core.web.pages import PortalPage

START = datetime(2026, 11, 19, tzinfo=UTC)


class SampleForm(forms.Form):
    name = forms.CharField(help_text="As it stands on the contract.")
    email = forms.EmailField(label="Work email")
    kind = forms.ChoiceField(choices=[("client", "Client"), ("vendor", "Vendor")])
    note = forms.CharField(widget=forms.Textarea, required=False)
    agreed = forms.BooleanField(label="The data processing agreement is signed")


class DesignPage(PortalPage):
    template_name = "design/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {
            "nav_items": [
                {"url": "/design/", "label": "Design", "icon": "layers", "current": True},
                {"url": "/", "label": "Home", "icon": "house", "current": False, "count": 3},
            ],
            "tenant_name": "Design",
            "start": START,
            "now": START + timedelta(hours=14),
            "scale": (0.70, 1.0),
            "rows": [_row(0, "ok", "On time"), _row(1, "warn", "May be late")],
            "pairs": [("Clip", "Gate 3 inbound 07"), ("Frames", "1,750, VFR"), ("Zone", "Z2")],
            "items": [
                {"state": "done", "title": "Received", "text": "SHA-256 agreed, Mon 16 Nov 09:12"},
                {"state": "current", "title": "Labelling", "text": "38 % of frames"},
                {"state": "hold", "title": "Clock stopped", "text": "Waits for a new clip"},
                {"state": "todo", "title": "Review", "text": ""},
            ],
            "tab_items": [
                {"url": "/design/", "text": "Clips", "current": True, "count": 12},
                {"url": "/design/", "text": "Releases"},
            ],
            "hours": [0] * 6 + [2, 3, 6, 5, 7, 8, 4, 3, 2, 1] + [0] * 8,
            "page": Paginator(range(230), 25).page(2),
            "form": SampleForm(),
        }
        return super().get_context_data(**(context | kwargs))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Show the form as refused."""
        form = SampleForm(request.POST)
        form.is_valid()
        return self.render_to_response(self.get_context_data(form=form))


def _row(number: int, status: str, word: str) -> dict[str, Any]:
    middle = START + timedelta(days=3.2 + number * 2)
    stages = ["done", "done", "current", "todo", "todo", "todo"]
    return {
        "name": f"Perimeter N1{number}",
        "number": f"B-041{number}",
        "seconds": 151_920,
        "bytes": 18_600_000_000,
        "stage": "Labelling 38 %",
        "stages": [{"name": s, "state": s, "share": 0.38} for s in stages],
        "due": START + timedelta(days=5.5),
        "low": middle - timedelta(days=0.8),
        "middle": middle,
        "high": middle + timedelta(days=1),
        "status": status,
        "word": word,
        "score": 0.83,
        "score_low": 0.81,
        "score_high": 0.85,
    }
